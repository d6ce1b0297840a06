import { SignJWT, decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { DistributedClaims } from './distributed-claims.ts'
import { jwtTokens } from './jwt-authenticator.ts'
import type { Claims } from './jwt-claims.ts'

const names = { _claim_names: { groups: 'hr' }, _claim_sources: { hr: { endpoint: 'https://hr.example/groups', access_token: 'f005ba11' } } }

/** Endpoints answer with their own claims; `asked` are the endpoints, with the access tokens. */
function claimsOf(answer: Claims | Error) {
  const asked: string[] = []
  const claims = new DistributedClaims({
    claim: 'groups',
    ask: (endpoint, accessToken) => {
      asked.push(`${endpoint} ${accessToken}`)
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve('a token')
    },
    verify: () => Promise.resolve(answer as Claims),
  })
  return { claims, asked }
}

describe('distributed claims', () => {
  test('DC1 groups that stand elsewhere are asked for there, with the access token that the claims hold', async () => {
    const { claims, asked } = claimsOf({ groups: ['dev'] })
    expect(await claims.expand({ sub: 'jane', ...names })).toMatchObject({ sub: 'jane', groups: ['dev'] })
    expect(asked).toEqual(['https://hr.example/groups f005ba11'])
  })

  test.each([
    ['a token that has groups', { groups: ['own'], ...names }],
    ['one without names', { sub: 'jane' }],
    ['other names', { ...names, _claim_names: { age: 'hr' } }],
    ['DC3 a source that holds its claims itself', { ...names, _claim_sources: { hr: { JWT: 'ey…' } } }],
  ])('nobody is asked about %s', async (_what, given) => {
    const { claims, asked } = claimsOf({ groups: ['dev'] })
    expect(await claims.expand(given)).toEqual(given)
    expect(asked).toEqual([])
  })

  test.each([
    [{ _claim_names: { groups: 'hr' } }, 'oidc: no claim sources'],
    [{ ...names, _claim_sources: {} }, 'id token _claim_names contained a source hr missing in _claims_sources'],
    [{ ...names, _claim_names: 'x' }, 'oidc: error parsing distributed claim names'],
  ])('claims that refer to nothing are refused: %j', async (given, text) => {
    await expect(claimsOf({}).claims.expand(given)).rejects.toThrow(`oidc: could not expand distributed claims: ${text}`)
  })

  test('an endpoint that does not answer, or not with the claim, makes the token fail', async () => {
    await expect(claimsOf(new Error('connection refused')).claims.expand(names)).rejects.toThrow('while getting distributed claim "groups": connection refused')
    await expect(claimsOf({ sub: 'x' }).claims.expand(names)).rejects.toThrow('jwt returned by distributed claim endpoint "https://hr.example/groups" did not contain claim: groups')
  })

  test('a user gets the groups that were found', async () => {
    const clock = new FakeClock()
    const token = await new SignJWT({ sub: 'jane', ...names, exp: clock.now() / 1000 + 60, iss: 'https://id.example', aud: 'app' }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode('0123456789abcdef0123456789abcdef'))
    const issuer = { url: 'https://id.example', audiences: ['app'], algorithms: ['HS256'], rules: { username: { claim: 'sub', prefix: '' }, groups: { claim: 'groups', prefix: 'g:' }, uid: undefined, extra: [], requiredClaims: {}, claimRules: [], userRules: [] } }
    const tokens = jwtTokens(issuer, { verify: text => Promise.resolve(decodeJwt(text)) }, clock, claimsOf({ groups: ['dev'] }).claims)
    expect((await tokens.authenticate(token))?.user).toMatchObject({ name: 'jane', groups: ['g:dev'] })
  })
})
