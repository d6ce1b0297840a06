/**
 * Who gets in and what they may do, with a real API server: certificates, tokens of every kind, webhooks and an OpenID
 * issuer of the test's own, impersonation, reviews, certificate requests, and kubectl where a person would notice.
 */
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPairSync } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { ConnectionOptions } from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import { SignJWT, exportJWK } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startControlPlane } from './control-plane.ts'
import type { ControlPlane } from './control-plane.ts'
import { findKubectls, kubectlWith } from './kubectl.ts'
import type { Kubectl } from './kubectl.ts'
import { rawApi } from './raw-api.ts'
import type { RawApi } from './raw-api.ts'
import { createCertificateRequest, createTestAuthority } from './test-pki.ts'
import type { CertifiedKey, TestAuthority } from './test-pki.ts'

interface Answer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly json: any // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read freely
}

let plane: ControlPlane
let api: RawApi
let kubectl: Kubectl
let folder: string
let outside: TestAuthority
let proxies: TestAuthority
let hooks: Server
let issuerKey: { privateKey: KeyObject; publicKey: KeyObject }
const asked: { path: string; body: any }[] = [] // eslint-disable-line @typescript-eslint/no-explicit-any

/** The token webhook knows "hook-token"; the access webhook lets "hooked" read /hooked and refuses "banned" everything. */
async function answerHook(path: string, body: string): Promise<object | string> {
  if (path === '/roles') return await signedByIssuer({ roles: ['remote'] })
  if (path === '/.well-known/openid-configuration') return { issuer: issuerUrl(), jwks_uri: `${issuerUrl()}/keys` }
  if (path === '/keys') return { keys: [{ ...(await exportJWK(issuerKey.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }] }
  const review = JSON.parse(body) as { spec: Record<string, any> } // eslint-disable-line @typescript-eslint/no-explicit-any
  asked.push({ path, body: review })
  if (path === '/tokens') return { ...review, status: review.spec['token'] === 'hook-token' ? { authenticated: true, user: { username: 'hooked', groups: ['hooks'] } } : { authenticated: false } }
  const { user, nonResourceAttributes } = review.spec
  return { ...review, status: user === 'banned' ? { allowed: false, denied: true, reason: 'banned for good' } : { allowed: user === 'hooked' && nonResourceAttributes?.path === '/openid/v1/jwks' } }
}

const signedByIssuer = (claims: Record<string, unknown>, key = issuerKey.privateKey) => new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).setIssuer(issuerUrl()).setAudience('app').setExpirationTime('5m').sign(key)
const issuerUrl = () => `https://127.0.0.1:${(hooks.address() as AddressInfo).port}`
const write = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const hookConfig = (path: string) => write(`${path.slice(1)}.kubeconfig`, JSON.stringify({
  apiVersion: 'v1', kind: 'Config', 'current-context': 'c', contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }], users: [{ name: 'u', user: {} }],
  clusters: [{ name: 'c', cluster: { server: `${issuerUrl()}${path}`, 'certificate-authority-data': Buffer.from(outside.cert).toString('base64') } }],
}))
const authenticationConfig = (prefix: string, anonymous: string) => `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: "${issuerUrl()}", audiences: [app], certificateAuthority: ${JSON.stringify(outside.cert)}}
  claimMappings: {username: {claim: sub, prefix: "${prefix}"}, groups: {claim: roles, prefix: ""}}
anonymous: ${anonymous}
`

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-access-'))
  outside = await createTestAuthority('outside')
  proxies = await createTestAuthority('proxies')
  issuerKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const serving = await outside.sign({ commonName: 'hooks', ips: ['127.0.0.1'] })
  hooks = createServer(serving, (incoming, response) => {
    let body = ''
    incoming.on('data', chunk => { body += String(chunk) }).on('end', () => {
      answerHook(incoming.url ?? '', body).then(answer => response.setHeader('content-type', 'application/json').end(typeof answer === 'string' ? answer : JSON.stringify(answer)), () => response.writeHead(500).end())
    })
  })
  await new Promise<void>(resolve => { hooks.listen(0, '127.0.0.1', resolve) })
  const sni = await outside.sign({ commonName: 'other.example', dns: ['other.example', '*.many.example'] })
  plane = await startControlPlane({
    flags: [
      `--token-auth-file=${write('tokens.csv', 'static-token,staff,7,"a,b"\n')}`,
      `--requestheader-client-ca-file=${write('proxies.crt', proxies.cert)}`, '--requestheader-allowed-names=front', '--requestheader-uid-headers=X-Remote-Uid',
      `--authentication-config=${write('authentication.yaml', authenticationConfig('oidc:', '{enabled: true, conditions: [{path: /livez}, {path: /readyz}, {path: /version}]}'))}`,
      `--authentication-token-webhook-config-file=${hookConfig('/tokens')}`, '--authentication-token-webhook-version=v1',
      '--authorization-mode=Node,Webhook,RBAC', `--authorization-webhook-config-file=${hookConfig('/access')}`, '--authorization-webhook-version=v1',
      `--tls-sni-cert-key=${write('sni.crt', sni.cert)},${write('sni.key', sni.key)}`, '--tls-min-version=VersionTLS12',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local', '--service-account-issuer=https://old.example', '--service-account-max-token-expiration=24h',
      '--cors-allowed-origins=^https://lab\\.example$', '--strict-transport-security-directives=max-age=3600,includeSubDomains',
    ],
  })
  api = rawApi(plane)
  kubectl = kubectlWith(findKubectls().at(-1)!, plane.kubeconfig)
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'team' } })
  await api.call('POST', '/api/v1/namespaces/team/serviceaccounts', { metadata: { name: 'default' } })
})

afterAll(async () => {
  await plane?.stop()
  hooks?.closeAllConnections()
  hooks?.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A connection of its own, with whatever credentials are given. */
function ask(path: string, more: { token?: string; method?: string; body?: unknown; headers?: Record<string, string | string[]>; certificate?: CertifiedKey } = {}): Promise<Answer> {
  const { token, method = 'GET', body, headers = {}, certificate } = more
  const text = body === undefined ? undefined : typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const outgoing = request(plane.server, {
      path, method, agent: false, ca: plane.ca, ...(certificate === undefined ? {} : certificate),
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(text === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const got = Buffer.concat(chunks).toString('utf8')
        let json: unknown
        try {
          json = JSON.parse(got)
        } catch { /* not JSON */ }
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: got, json })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(text)
  })
}

const whoami = { path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body: { kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' } }
async function who(more: Parameters<typeof ask>[1]): Promise<any> { // eslint-disable-line @typescript-eslint/no-explicit-any
  const answer = await ask(whoami.path, { method: 'POST', body: whoami.body, ...more })
  return answer.status === 201 ? answer.json.status.userInfo : answer.status
}
async function until<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const value = await read()
    if (holds(value) || tries > 80) return value
    await pause(100)
  }
}
const tokenOf = (spec: object, name = 'default') => api.call('POST', `/api/v1/namespaces/team/serviceaccounts/${name}/token`, { spec })

describe('authentication', () => {
  test('a certificate, a static token, a webhook and an issuer each name somebody', async () => {
    expect(await who({ certificate: await plane.certificateFor({ commonName: 'jane', organizations: ['dev'] }) })).toMatchObject({ username: 'jane', groups: ['dev', 'system:authenticated'] })
    expect(await who({ token: 'static-token' })).toEqual({ username: 'staff', uid: '7', groups: ['a', 'b', 'system:authenticated'] })
    expect(await who({ token: 'hook-token' })).toEqual({ username: 'hooked', groups: ['hooks', 'system:authenticated'] })
    const outsider = (await outside.sign({ commonName: 'root', organizations: ['system:masters'] }))
    expect(await who({ certificate: outsider })).toBe(401)
    expect(await who({ certificate: outsider, token: 'static-token' })).toMatchObject({ username: 'staff' })
  })

  test('AU1 AF2 a bad token is a 401 everywhere; nobody at all is anonymous on the listed paths', async () => {
    expect((await ask('/livez', { token: 'wrong' })).status).toBe(401)
    expect((await ask('/livez')).text).toBe('ok')
    const refused = await ask('/api/v1/pods')
    expect([refused.status, refused.headers['www-authenticate'], refused.json.message]).toEqual([401, 'Bearer', 'Unauthorized'])
    expect((await ask('/openapi/v2')).status).toBe(401)
  })

  test('IK1 OT2 tokens of an issuer, whose configuration is read anew', async () => {
    const token = await signedByIssuer({ sub: 'ida', roles: ['ops'] })
    expect(await until(() => who({ token }), found => found !== 401)).toEqual({ username: 'oidc:ida', groups: ['ops', 'system:authenticated'] })
    expect(await who({ token: await signedByIssuer({ sub: 'ida' }, generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey) })).toBe(401)
    write('authentication.yaml', 'broken: [')
    await pause(2_500)
    expect(await who({ token })).toMatchObject({ username: 'oidc:ida' })
    write('authentication.yaml', authenticationConfig('id:', '{enabled: false}'))
    expect(await until(() => who({ token: token }), found => found.username === 'id:ida')).toMatchObject({ username: 'id:ida' })
    expect((await ask('/livez')).status).toBe(401)
    write('authentication.yaml', authenticationConfig('oidc:', '{enabled: true, conditions: [{path: /livez}, {path: /readyz}, {path: /version}]}'))
  })

  test('DC1 DC2 groups that a token says are elsewhere are asked for there', async () => {
    const token = await signedByIssuer({ sub: 'dis', _claim_names: { roles: 'hr' }, _claim_sources: { hr: { endpoint: `${issuerUrl()}/roles`, access_token: 'x' } } })
    expect(await until(() => who({ token }), found => found.username === 'oidc:dis')).toEqual({ username: 'oidc:dis', groups: ['remote', 'system:authenticated'] })
  })

  test('FP1 FP3 a front proxy speaks for others, over its own authority only', async () => {
    const headers = { 'x-remote-user': 'ann', 'x-remote-uid': '9', 'x-remote-group': ['g1', 'g2'], 'x-remote-extra-acme.io%2fteam': 'red' }
    expect(await who({ certificate: await proxies.sign({ commonName: 'front' }), headers })).toEqual({ username: 'ann', uid: '9', groups: ['g1', 'g2', 'system:authenticated'], extra: { 'acme.io/team': ['red'] } })
    expect(await who({ certificate: await proxies.sign({ commonName: 'other' }), headers })).toBe(401)
    expect(await who({ certificate: await plane.certificateFor({ commonName: 'front' }), headers })).toMatchObject({ username: 'front' })
    expect((await api.call('GET', '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication')).json.data).toMatchObject({ 'requestheader-allowed-names': '["front"]', 'requestheader-uid-headers': '["X-Remote-Uid"]', 'requestheader-client-ca-file': proxies.cert.trim().concat('\n'), 'client-ca-file': plane.ca.trim().concat('\n') })
  })

  test('AU3 a browser gives its token as a subprotocol, and one that does not hold is a 401', async () => {
    const upgrade = (token: string) => ask('/api/v1/namespaces/team/pods/p/exec?command=ls&stdout=true', { headers: { 'connection': 'Upgrade', 'upgrade': 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==', 'sec-websocket-protocol': `v5.channel.k8s.io, base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}` } })
    expect((await upgrade('static-token')).json.message).toContain('User "staff" cannot')
    expect((await upgrade('wrong')).status).toBe(401)
  })

  test('no token is ever in the log', async () => {
    await ask('/api', { token: 'a-wrong-token-to-look-for' })
    const log = plane.apiServerLog()
    for (const secret of ['static-token', 'hook-token', 'a-wrong-token-to-look-for']) expect(log).not.toContain(secret)
  })
})

describe('service account tokens', () => {
  test('TK1 TK2 TK4 asked for, bound, limited', async () => {
    const plain = await tokenOf({})
    expect(plain.status).toBe(201)
    expect(plain.json).toMatchObject({ kind: 'TokenRequest', metadata: { name: 'default', namespace: 'team', uid: expect.any(String) }, spec: { audiences: ['https://kubernetes.default.svc.cluster.local', 'https://old.example'], expirationSeconds: 3600, boundObjectRef: null } })
    expect(await who({ token: plain.json.status.token })).toMatchObject({ username: 'system:serviceaccount:team:default', groups: ['system:serviceaccounts', 'system:serviceaccounts:team', 'system:authenticated'] })
    expect((await tokenOf({ expirationSeconds: 60 })).json.message).toBe('TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes')
    const long = await tokenOf({ expirationSeconds: 100_000 })
    expect([long.headers['warning'], long.json.spec.expirationSeconds]).toEqual(['299 - "requested expiration of 100000 seconds shortened to 86400 seconds"', 86_400])
    expect((await tokenOf({ boundObjectRef: { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' } })).json.message).toBe('cannot bind token to object of type /v1, Kind=ConfigMap')
    expect((await api.call('POST', '/api/v1/namespaces/team/serviceaccounts/default/token', { metadata: { uid: 'other' }, spec: {} })).json.message).toContain('the UID in the token request (other) does not match the UID of the service account')
  })

  test('SA2 a token bound to a Secret ends with it', async () => {
    await api.call('POST', '/api/v1/namespaces/team/secrets', { metadata: { name: 'bond' } })
    const bound = await tokenOf({ boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'bond' } })
    const { token } = bound.json.status
    expect(await who({ token })).toMatchObject({ username: 'system:serviceaccount:team:default' })
    await api.call('DELETE', '/api/v1/namespaces/team/secrets/bond')
    expect(await until(() => who({ token }), found => found === 401)).toBe(401)
  })

  test('RQ2 TokenReview tells audiences and reasons, in JSON and YAML', async () => {
    const { token } = (await tokenOf({ audiences: ['vault', 'https://old.example'] })).json.status
    const review = async (spec: object) => (await api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec })).json.status
    expect(await review({ token, audiences: ['vault', 'x'] })).toMatchObject({ authenticated: true, audiences: ['vault'], user: { username: 'system:serviceaccount:team:default' } })
    expect(await review({ token })).toMatchObject({ authenticated: true, audiences: ['https://old.example'] })
    expect(await review({ token, audiences: ['x'] })).toEqual({ user: {}, error: 'token audiences ["vault" "https://old.example"] is invalid for the target audiences ["x"]' })
    expect(await review({ token: 'nonsense' })).toEqual({ user: {}, error: 'invalid bearer token' })
    expect((await review({ token: 'static-token', audiences: ['x'] })).authenticated).toBeUndefined()
    const yaml = await api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', `apiVersion: authentication.k8s.io/v1\nkind: TokenReview\nspec: {token: static-token}\n`, { 'content-type': 'application/yaml', accept: 'application/yaml' })
    expect(yaml.text).toContain('username: staff')
    const protobuf = await api.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token: 'static-token' } }, { accept: 'application/vnd.kubernetes.protobuf' })
    expect(protobuf.text.startsWith('k8s\u0000')).toBe(true)
  })

  test('discovery documents of the issuer', async () => {
    const document = await api.call('GET', '/.well-known/openid-configuration')
    expect(document.json).toMatchObject({ issuer: 'https://kubernetes.default.svc.cluster.local', jwks_uri: expect.stringMatching(/^https:.*\/openid\/v1\/jwks$/), id_token_signing_alg_values_supported: ['RS256'] })
    const keys = await api.call('GET', '/openid/v1/jwks')
    expect([keys.headers['content-type'], keys.headers['cache-control'], keys.json.keys[0].use]).toEqual(['application/jwk-set+json', 'public, max-age=3600', 'sig'])
  })
})

describe('authorization', () => {
  test('WA1 the webhook allows, denies and leaves to others', async () => {
    expect((await ask('/openid/v1/jwks', { token: 'hook-token' })).status).toBe(200)
    const banned = await ask('/api/v1/namespaces/team/pods', { certificate: await plane.certificateFor({ commonName: 'banned' }) })
    expect([banned.status, banned.json.message]).toEqual([403, 'pods is forbidden: User "banned" cannot list resource "pods" in API group "" in the namespace "team": banned for good'])
    expect((await ask('/apis', { token: 'static-token' })).status).toBe(200)
    expect(asked.some(({ path, body }) => path === '/access' && body.spec.resourceAttributes?.resource === 'pods' && body.spec.user === 'banned')).toBe(true)
  })

  test('RB5 RQ3 rules and reasons of RBAC', async () => {
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/team/rolebindings', { metadata: { name: 'viewers' }, roleRef: { kind: 'ClusterRole', name: 'view', apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ kind: 'User', name: 'staff' }] })
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/team/rolebindings', { metadata: { name: 'lost' }, roleRef: { kind: 'Role', name: 'lost', apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ kind: 'User', name: 'staff' }] })
    await until(() => ask('/api/v1/namespaces/team/pods', { token: 'static-token' }), answer => answer.status === 200)
    expect((await ask('/api/v1/namespaces/team/secrets', { token: 'static-token' })).json.message).toBe('secrets is forbidden: User "staff" cannot list resource "secrets" in API group "" in the namespace "team": RBAC: role.rbac.authorization.k8s.io "lost" not found')
    const review = async (spec: object, kind = 'SubjectAccessReview', path = 'subjectaccessreviews') => (await api.call('POST', `/apis/authorization.k8s.io/v1/${path}`, { kind, apiVersion: 'authorization.k8s.io/v1', spec })).json
    expect((await review({ user: 'staff', resourceAttributes: { verb: 'get', resource: 'pods', namespace: 'team' } })).status).toEqual({ allowed: true, reason: 'RBAC: allowed by RoleBinding "viewers/team" of ClusterRole "view" to User "staff"' })
    expect((await review({ user: 'banned', nonResourceAttributes: { path: '/', verb: 'get' } })).status).toEqual({ allowed: false, denied: true, reason: 'banned for good' })
    expect((await review({ resourceAttributes: { verb: 'get' } })).message).toContain('spec.user: Invalid value: "": at least one of user or group must be specified')
    const rules = (await ask('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', { token: 'static-token', method: 'POST', body: { kind: 'SelfSubjectRulesReview', apiVersion: 'authorization.k8s.io/v1', spec: { namespace: 'team' } } })).json.status
    expect(rules).toMatchObject({ incomplete: true, evaluationError: '[webhook authorizer does not support user rule resolution, role.rbac.authorization.k8s.io "lost" not found]' })
    expect(rules.nonResourceRules.flatMap((rule: { nonResourceURLs: string[] }) => rule.nonResourceURLs)).toContain('/openapi/*')
  })

  test('NA2 selectors count: a node lists its own pods, and reviews ask with selectors', async () => {
    const node = await plane.certificateFor({ commonName: 'system:node:n1', organizations: ['system:nodes'] })
    expect((await ask('/api/v1/pods?fieldSelector=spec.nodeName%3Dn1', { certificate: node })).status).toBe(200)
    expect((await ask('/api/v1/pods', { certificate: node })).json.message).toContain('can only list/watch pods with spec.nodeName field selector')
    const spec = (values: string[]) => ({ kind: 'SelfSubjectAccessReview', apiVersion: 'authorization.k8s.io/v1', spec: { resourceAttributes: { verb: 'list', resource: 'pods', fieldSelector: { requirements: [{ key: 'spec.nodeName', operator: 'In', values }] } } } })
    const self = async (values: string[]) => (await ask('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', { certificate: node, method: 'POST', body: spec(values) })).json.status.allowed
    expect([await self(['n1']), await self(['n2'])]).toEqual([true, false])
  })

  test('RE1 RE2 nobody hands out what he does not hold', async () => {
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/team/rolebindings', { metadata: { name: 'admins' }, roleRef: { kind: 'ClusterRole', name: 'admin', apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ kind: 'User', name: 'ada' }] })
    const ada = rawApi(plane, await plane.certificateFor({ commonName: 'ada' }))
    const bind = (role: string) => ada.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/team/rolebindings', { metadata: { name: `give-${role}` }, roleRef: { kind: 'ClusterRole', name: role, apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ kind: 'User', name: 'bob' }] })
    expect((await until(() => bind('edit'), answer => answer.status === 201)).status).toBe(201)
    const refused = await bind('cluster-admin')
    expect([refused.status, refused.json.message]).toEqual([403, 'rolebindings.rbac.authorization.k8s.io "give-cluster-admin" is forbidden: user "ada" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}'])
    const role = await ada.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/team/roles', { metadata: { name: 'r' }, rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }] })
    expect(role.json.message).toContain('{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}')
  })

  test('S11 traversal in names, namespaces and paths changes nothing about who may', async () => {
    for (const path of ['/api/v1/namespaces/../pods', '/api/v1/namespaces/%2e%2e/secrets', '/api/v1/namespaces/..%2fkube-system/secrets', '/api/v1/namespaces/team/pods/../../kube-system/secrets', '/api/v1/namespaces/team%2f..%2fkube-system/secrets/x', '/livez/../api/v1/secrets', '//api/v1/secrets', '/api/v1/namespaces/team/secrets/%2e%2e%2f%2e%2e']) {
      const answer = await ask(path, { token: 'static-token' })
      expect([path, answer.status === 403 || answer.status === 404 || answer.status === 400]).toEqual([path, true])
    }
    for (const name of ['..', '.', 'a%2fb', '%2e%2e']) {
      const answer = await api.call('GET', `/api/v1/namespaces/${name}/configmaps/x`)
      expect([name, answer.status >= 400]).toEqual([name, true])
    }
    const made = await api.call('POST', '/api/v1/namespaces/team/configmaps', { metadata: { name: '..', namespace: 'team' } })
    expect(made.status).toBe(422)
  })
})

describe('impersonation', () => {
  test('IM2 IM3 IM5 old rights, by headers and by kubectl', async () => {
    const as = (headers: Record<string, string>) => api.call('POST', whoami.path, whoami.body, headers)
    expect((await as({ 'impersonate-user': 'jane', 'impersonate-group': 'dev', 'impersonate-uid': '7', 'impersonate-extra-acme.io%2fscopes': 'view' })).json.status.userInfo).toEqual({ username: 'jane', uid: '7', groups: ['dev', 'system:authenticated'], extra: { 'acme.io/scopes': ['view'] } })
    expect((await as({ 'impersonate-group': 'system:masters' })).status).toBe(400)
    expect((await ask('/api', { token: 'static-token', headers: { 'impersonate-user': 'root' } })).status).toBe(403)
    const result = await kubectl('auth whoami --as=system:serviceaccount:team:default -o json')
    expect(JSON.parse(result.stdout).status.userInfo).toEqual({ username: 'system:serviceaccount:team:default', groups: ['system:serviceaccounts', 'system:serviceaccounts:team', 'system:authenticated'] })
  })

  test('IM1 a narrow right is enough', async () => {
    const rules = [{ apiGroups: ['authentication.k8s.io'], resources: ['users'], resourceNames: ['jane'], verbs: ['impersonate:user-info'] }, { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['impersonate-on:user-info:create'] }]
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'narrow' }, rules })
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'narrow' }, roleRef: { kind: 'ClusterRole', name: 'narrow', apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ kind: 'User', name: 'staff' }] })
    expect(await until(() => who({ token: 'static-token', headers: { 'impersonate-user': 'jane' } }), found => found !== 403)).toEqual({ username: 'jane', groups: ['system:authenticated'] })
    expect(await who({ token: 'static-token', headers: { 'impersonate-user': 'joan' } })).toBe(403)
    expect((await ask('/api', { token: 'static-token', headers: { 'impersonate-user': 'jane' } })).json.message).toContain('User "staff" cannot impersonate-on:user-info:get path "/api"')
  })
})

describe('certificate requests', () => {
  const path = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const make = async (name: string, subject: string, spec: object = {}, by = api) => await by.call('POST', path, { metadata: { name }, spec: { request: Buffer.from(await createCertificateRequest(subject)).toString('base64'), signerName: 'example.com/mine', usages: ['client auth'], ...spec } })

  test('CR1 CQ2 the requester is recorded; what is asked for must be signed', async () => {
    const made = await make('one', 'CN=jane', { username: 'somebody-else', groups: ['system:masters'] })
    expect([made.status, made.json.spec.username, made.json.spec.groups]).toEqual([201, 'kubernetes-admin', ['system:masters', 'system:authenticated']])
    const pem = await createCertificateRequest('CN=x')
    const der = Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64')
    der[der.length - 3]! ^= 0xff
    const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`
    expect((await make('forged', 'CN=x', { request: Buffer.from(forged).toString('base64') })).json.message).toContain('spec.request: Invalid value')
    expect((await make('masters', 'CN=x, O=system:masters', { signerName: 'kubernetes.io/kube-apiserver-client' })).json.message).toContain('use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed')
    expect((await make('bad', 'CN=x', { usages: ['client auth', 'client auth', 'flying'], signerName: 'plain', expirationSeconds: 5 })).json.details.causes.map((cause: { field: string }) => cause.field)).toEqual(['spec.usages[2]', 'spec.usages[1]', 'spec.signerName', 'spec.expirationSeconds'])
  })

  test('CE1 CR3 CR4 kubectl approves and denies, once and for all', async () => {
    await make('two', 'CN=jane')
    expect((await kubectl('certificate approve two')).stdout).toBe('certificatesigningrequest.certificates.k8s.io/two approved\n')
    const approved = (await api.call('GET', `${path}/two`)).json
    expect(approved.status.conditions).toMatchObject([{ type: 'Approved', status: 'True', lastTransitionTime: expect.any(String), lastUpdateTime: expect.any(String) }])
    expect((await api.call('PUT', `${path}/two/approval`, { ...approved, status: { conditions: [] } })).json.message).toContain('updates may not remove a condition of type "Approved"')
    expect((await api.call('PUT', `${path}/two/approval`, { ...approved, status: { conditions: [...approved.status.conditions, { type: 'Denied', status: 'True' }] } })).json.message).toContain('Approved and Denied conditions are mutually exclusive')
    await make('three', 'CN=jane')
    expect((await kubectl('certificate deny three')).code).toBe(0)
    const denied = (await api.call('GET', `${path}/three`)).json
    expect((await api.call('PUT', `${path}/three/status`, { ...denied, status: { conditions: [] } })).json.message).toContain('updates may not remove a condition of type "Denied"')
    expect((await api.call('PUT', `${path}/three/status`, { ...denied, status: { ...denied.status, certificate: Buffer.from('text').toString('base64') } })).json.message).toContain('must contain at least one CERTIFICATE PEM block')
  })

  test('CE1 approving and signing need rights on the signer', async () => {
    await make('four', 'CN=jane')
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { metadata: { name: 'approver' }, rules: [{ apiGroups: ['certificates.k8s.io'], resources: ['certificatesigningrequests', 'certificatesigningrequests/approval'], verbs: ['*'] }] })
    await api.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', { metadata: { name: 'approver' }, roleRef: { kind: 'ClusterRole', name: 'approver', apiGroup: 'rbac.authorization.k8s.io' }, subjects: [{ kind: 'User', name: 'paul' }] })
    const paul = rawApi(plane, await plane.certificateFor({ commonName: 'paul' }))
    const csr = (await until(() => paul.call('GET', `${path}/four`), answer => answer.status === 200)).json
    const approve = () => paul.call('PUT', `${path}/four/approval`, { ...csr, status: { conditions: [{ type: 'Approved', status: 'True' }] } })
    expect((await approve()).json.message).toContain('user not permitted to approve requests with signerName "example.com/mine"')
    await api.call('PATCH', '/apis/rbac.authorization.k8s.io/v1/clusterroles/approver', [{ op: 'add', path: '/rules/-', value: { apiGroups: ['certificates.k8s.io'], resources: ['signers'], resourceNames: ['example.com/*'], verbs: ['approve'] } }], { 'content-type': 'application/json-patch+json' })
    expect((await until(approve, answer => answer.status === 200)).status).toBe(200)
  })
})

describe('kubectl auth', () => {
  test('can-i, can-i --list and reconcile', async () => {
    expect(await kubectl('auth can-i create pods --as=nobody')).toMatchObject({ code: 1, stdout: 'no\n' })
    expect((await kubectl('auth can-i get pods -n team --as=staff')).stdout).toBe('yes\n')
    const list = await kubectl('auth can-i --list -n team --as=staff')
    expect(list.stdout).toMatch(/pods\s+\[\]\s+\[\]\s+\[get list watch\]/)
    expect(list.stdout).toMatch(/\[\/openapi\/\*\]/)
    const manifest = 'apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: recon}\nrules: [{apiGroups: [""], resources: [pods], verbs: [get]}]\n'
    expect((await kubectl('auth reconcile -f -', { stdin: manifest })).stdout).toContain('clusterrole.rbac.authorization.k8s.io/recon reconciled')
    await kubectl('auth reconcile -f -', { stdin: manifest.replace('[get]', '[list]') })
    expect((await api.call('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles/recon')).json.rules.flatMap((rule: { verbs: string[] }) => rule.verbs).sort()).toEqual(['get', 'list'])
  })
})

describe('the port', () => {
  const port = () => Number(new URL(plane.server).port)
  const shown = (options: ConnectionOptions): Promise<string> => new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: port(), rejectUnauthorized: false, ...options }, () => {
      resolve(socket.getPeerCertificate().subject.CN as string)
      socket.end()
    })
    socket.on('error', reject)
  })

  test('SC1 SC4 names choose certificates; old versions are not spoken', async () => {
    expect(await shown({ servername: 'localhost' })).toBe('kube-apiserver')
    expect(await shown({ servername: 'other.example' })).toBe('other.example')
    expect(await shown({ servername: 'x.many.example' })).toBe('other.example')
    expect(await shown({ servername: 'a.x.many.example' })).toBe('kube-apiserver')
    await expect(shown({ maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })).rejects.toThrow()
  })

  test('SC2 a new certificate is shown without a restart, a broken one is not', async () => {
    const file = join(plane.folder, 'pki', 'apiserver.crt')
    copyFileSync(file, `${file}.old`)
    const next = await plane.certificateFor({ commonName: 'renewed', dns: ['localhost'], ips: ['127.0.0.1'] })
    writeFileSync(join(plane.folder, 'pki', 'apiserver.key'), next.key)
    writeFileSync(file, 'broken')
    await pause(2_500)
    expect(await shown({ servername: 'localhost' })).toBe('kube-apiserver')
    writeFileSync(file, next.cert)
    expect(await until(() => shown({ servername: 'localhost' }), name => name === 'renewed')).toBe('renewed')
    expect((await api.call('GET', '/api')).status).toBe(200)
  })

  test('whom the server takes callers for can be seen', async () => {
    const { json } = await api.call('GET', '/debug/inspect/access')
    expect(json).toEqual({ audiences: ['https://kubernetes.default.svc.cluster.local', 'https://old.example'], anonymous: { allowed: true, paths: ['/livez', '/readyz', '/version'] } })
  })

  test('CA2 a new client authority counts without a restart', async () => {
    const more = await createTestAuthority('more')
    const newcomer = await more.sign({ commonName: 'newcomer' })
    expect(await who({ certificate: newcomer })).toBe(401)
    writeFileSync(join(plane.folder, 'pki', 'ca.crt'), `${plane.ca}\n${more.cert}`)
    expect(await until(() => who({ certificate: newcomer }), found => found !== 401)).toMatchObject({ username: 'newcomer' })
  })

  test('BH1 BH2 what browsers are told', async () => {
    const preflight = await ask('/api/v1/pods', { method: 'OPTIONS', headers: { origin: 'https://lab.example' } })
    expect([preflight.status, preflight.headers['access-control-allow-origin'], preflight.headers['access-control-allow-credentials'], preflight.headers['strict-transport-security']]).toEqual([204, 'https://lab.example', 'true', 'max-age=3600; includeSubDomains'])
    for (const origin of ['https://evil.example', 'https://lab.example.evil', 'null']) expect((await ask('/livez', { headers: { origin } })).headers['access-control-allow-origin']).toBeUndefined()
  })
})
