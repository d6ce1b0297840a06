import { SignJWT, decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { readAuthenticationConfig } from './authentication-config.ts'
import { jwtTokens } from './jwt-authenticator.ts'
import type { ClaimRules } from './jwt-claims.ts'

const clock = new FakeClock()
const secret = new TextEncoder().encode('0123456789abcdef0123456789abcdef')
const plain: ClaimRules = { username: { claim: 'sub', prefix: 'oidc:' }, groups: { claim: 'roles', prefix: 'g:' }, uid: undefined, extra: [], requiredClaims: {}, claimRules: [], userRules: [] }

/** Signatures are the key set's business; here every token is taken as proved. */
async function ask(claims: Record<string, unknown>, rules: Partial<ClaimRules> = {}, algorithms = ['HS256']) {
  const { exp = clock.now() / 1000 + 60, iss = 'https://id.example', aud = 'app', ...rest } = claims
  const token = await new SignJWT({ ...rest, exp, iss, aud } as never).setProtectedHeader({ alg: 'HS256' }).sign(secret)
  const tokens = jwtTokens({ url: 'https://id.example', audiences: ['app', 'other'], algorithms, rules: { ...plain, ...rules } }, { verify: async text => decodeJwt(text) }, clock)
  return (await tokens.authenticate(token))?.user
}

describe('tokens of outside issuers', () => {
  test('JC1 claims become a user, prefixed', async () => {
    expect(await ask({ sub: 'jane', roles: ['a', 'b'], jti: 'x1' })).toEqual({ name: 'oidc:jane', uid: '', groups: ['g:a', 'g:b'], extra: { 'authentication.kubernetes.io/credential-id': ['JTI=x1'] } })
    expect(await ask({ sub: 'jane', roles: 'one' })).toMatchObject({ groups: ['g:one'] })
    expect(await ask({ sub: 'jane', id: 'u7' }, { uid: { claim: 'id', prefix: '' } })).toMatchObject({ uid: 'u7', groups: [] })
    await expect(ask({ name: 'jane' })).rejects.toThrow('oidc: parse username claims "sub": claim not present')
    await expect(ask({ sub: 'jane', roles: [1] })).rejects.toThrow('oidc: parse groups claim "roles"')
  })

  test('JA1 JA2 JA3 whose, for whom, until when, and signed how', async () => {
    expect(await ask({ sub: 'jane', iss: 'https://elsewhere.example' })).toBeUndefined()
    await expect(ask({ sub: 'jane', aud: ['x'] })).rejects.toThrow('oidc: expected audience in ["app" "other"] got ["x"]')
    expect(await ask({ sub: 'jane', aud: ['x', 'other'] })).toBeDefined()
    await expect(ask({ sub: 'jane', exp: clock.now() / 1000 - 1 })).rejects.toThrow('oidc: token is expired')
    await expect(ask({ sub: 'jane', nbf: clock.now() / 1000 + 301 })).rejects.toThrow('before the nbf')
    await expect(ask({ sub: 'jane' }, {}, ['RS256'])).rejects.toThrow('id token signed with unsupported algorithm, expected ["RS256"] got "HS256"')
  })

  test('JC2 an address counts only if it has been verified', async () => {
    const byEmail = { username: { claim: 'email', prefix: '' } }
    expect(await ask({ email: 'j@x' }, byEmail)).toMatchObject({ name: 'j@x' })
    expect(await ask({ email: 'j@x', email_verified: true }, byEmail)).toMatchObject({ name: 'j@x' })
    await expect(ask({ email: 'j@x', email_verified: false }, byEmail)).rejects.toThrow('oidc: email not verified')
  })

  test('required claims', async () => {
    expect(await ask({ sub: 'jane', hd: 'x' }, { requiredClaims: { hd: 'x' } })).toBeDefined()
    await expect(ask({ sub: 'jane' }, { requiredClaims: { hd: 'x' } })).rejects.toThrow('oidc: required claim hd not present in ID token')
    await expect(ask({ sub: 'jane', hd: 'y' }, { requiredClaims: { hd: 'x' } })).rejects.toThrow('oidc: required claim hd value does not match. Got = y, want = x')
  })
})

describe('authentication configuration', () => {
  const read = (body: string) => readAuthenticationConfig(`apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n${body}`, 'authn.yaml', ['https://kubernetes.default.svc'])
  const issuer = (fields: string, mappings = '{username: {claim: sub, prefix: ""}}') => `jwt:\n- issuer: {${fields}}\n  claimMappings: ${mappings}`

  test('AC1 an issuer and who may be anonymous', () => {
    const config = read(`${issuer('url: https://id.example, audiences: [app]', '{username: {claim: sub, prefix: "x:"}, groups: {claim: roles, prefix: ""}, uid: {claim: id}}')}\nanonymous: {enabled: true, conditions: [{path: /livez}]}`)
    expect(config.anonymous).toEqual({ allowed: true, paths: ['/livez'] })
    expect(config.issuers[0]!.issuer).toMatchObject({ url: 'https://id.example', audiences: ['app'], rules: { username: { claim: 'sub', prefix: 'x:' }, groups: { claim: 'roles', prefix: '' }, uid: { claim: 'id' } } })
  })

  test.each([
    [issuer('url: http://id.example, audiences: [app]'), 'jwt[0].issuer.url: Invalid value: "http://id.example": URL scheme must be https'],
    [issuer('url: https://kubernetes.default.svc, audiences: [app]'), 'URL must not overlap with disallowed issuers: [https://kubernetes.default.svc]'],
    [issuer('url: https://id.example'), 'jwt[0].issuer.audiences: Required value: at least one jwt[0].issuer.audiences is required'],
    [issuer('url: https://id.example, audiences: [a, b]'), 'audienceMatchPolicy must be MatchAny for multiple audiences'],
    [issuer('url: https://id.example, audiences: [a], discoveryURL: https://id.example/'), 'discoveryURL must be different from URL'],
    [issuer('url: https://id.example, audiences: [a], certificateAuthority: x'), 'jwt[0].issuer.certificateAuthority: Invalid value: "<omitted>"'],
    [issuer('url: https://id.example, audiences: [a]', '{username: {claim: sub}}'), 'jwt[0].claimMappings.username.prefix: Required value: prefix is required when claim is set.'],
    [issuer('url: https://id.example, audiences: [a]', '{}'), 'jwt[0].claimMappings.username: Required value: claim or expression is required'],
    [`${issuer('url: https://id.example, audiences: [a]')}\n  claimValidationRules: [{claim: a, message: never}]`, 'claimValidationRules[0].message: Invalid value: "never": may not be specified when claim is set'],
    ['anonymous: {enabled: false, conditions: [{path: /livez}]}', 'enabled should be set to true when conditions are defined'],
    ['jwtt: []', 'strict decoding error: unknown field "jwtt"'],
  ])('AC1 refused: %s', (body, text) => {
    expect(() => read(body)).toThrow(text)
  })

  test('AC2 JC1 JC3 expressions name users and check claims', async () => {
    const { issuers } = read(`jwt:
- issuer: {url: https://id.example, audiences: [app]}
  claimValidationRules: [{expression: "claims.hd == 'corp'", message: only the company}]
  claimMappings:
    username: {expression: "'x:' + claims.sub"}
    groups: {expression: "claims.roles.split(',')"}
    uid: {expression: "claims.id"}
    extra: [{key: example.com/team, valueExpression: "claims.team"}, {key: example.com/none, valueExpression: "claims.?none.orValue('')"}]
  userValidationRules: [{expression: "!user.username.startsWith('x:system:')", message: reserved}]`)
    const { rules } = issuers[0]!.issuer
    expect(await ask({ sub: 'jane', roles: 'a,b', id: '7', team: ['red', ''], hd: 'corp' }, rules)).toEqual({ name: 'x:jane', uid: '7', groups: ['a', 'b'], extra: { 'example.com/team': ['red'] } })
    await expect(ask({ sub: 'jane', roles: '', id: '7', team: 't', hd: 'other' }, rules)).rejects.toThrow("oidc: error evaluating claim validation expression: validation expression 'claims.hd == 'corp'' failed: only the company")
    await expect(ask({ sub: 'system:x', roles: '', id: '7', team: 't', hd: 'corp' }, rules)).rejects.toThrow('failed: reserved')
    await expect(ask({ sub: 'jane', id: '7', team: 't', hd: 'corp' }, rules)).rejects.toThrow('oidc: error evaluating group claim expression')
    await expect(ask({ sub: 7, roles: '', id: '7', team: 't', hd: 'corp' }, rules)).rejects.toThrow('oidc: error evaluating username claim expression')
  })

  test.each([
    ['{username: {expression: "claims.sub +"}}', 'jwt[0].claimMappings.username.expression: Invalid value: "claims.sub +": compilation failed'],
    ['{username: {expression: "1 + 1"}}', 'jwt[0].claimMappings.username.expression: Invalid value: "1 + 1"'],
    ['{username: {expression: "claims.email"}}', 'claims.email_verified must be used in claimMappings.username.expression'],
    ['{username: {claim: sub, prefix: ""}, extra: [{key: kubernetes.io/x, valueExpression: "claims.a"}]}', 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use'],
  ])('AC1 AC3 refused: %s', (mappings, text) => {
    expect(() => read(issuer('url: https://id.example, audiences: [a]', mappings))).toThrow(text)
  })
})
