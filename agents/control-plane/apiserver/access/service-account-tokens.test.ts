import { generateKeyPairSync } from 'node:crypto'
import { SignJWT, decodeJwt, decodeProtectedHeader } from 'jose'
import { beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { legacyTokens } from './legacy-tokens.ts'
import { ServiceAccountTokens } from './service-account-tokens.ts'
import type { TokenOptions } from './service-account-tokens.ts'
import { MemoryObjects } from './testing/fakes.ts'
import { TokenKeySet, keyId, readCheckingKeys } from './token-keys.ts'

const counter = (add: () => void) => ({ add, series: () => ({ add }) })
const nothing = counter(() => {})
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-384' })
const issuers = ['https://new.example', 'https://old.example']
let clock: FakeClock
let objects: MemoryObjects
let stale: number

beforeEach(() => {
  clock = new FakeClock()
  stale = 0
  objects = new MemoryObjects()
  objects.put('serviceaccounts', { metadata: { namespace: 'a', name: 'robot', uid: 's1' } })
  objects.put('pods', { metadata: { namespace: 'a', name: 'p', uid: 'p1' } })
  objects.put('nodes', { metadata: { name: 'n1', uid: 'n1' } })
})

function tokensWith(more: Partial<TokenOptions> = {}): ServiceAccountTokens {
  const options: TokenOptions = { signing: rsa.privateKey, verifying: [ec.publicKey], issuers, audiences: ['api'], extend: true, maxSeconds: 0, jwksUri: '', ...more }
  return new ServiceAccountTokens(options, clock, objects, { stale: counter(() => { stale += 1 }), valid: nothing, withoutAudience: nothing })
}

const account = () => objects.get({ resource: 'serviceaccounts' }, 'a', 'robot')!
const onPod = { kind: 'Pod' as const, name: 'p', uid: 'p1', node: { name: 'n1', uid: 'n1' } }

describe('service account tokens', () => {
  test('a token names its account, what it is bound to, and where that runs', async () => {
    const tokens = tokensWith()
    const { token, id } = await tokens.issue(account(), onPod, ['api', 'vault'], 900)
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: keyId(rsa.publicKey) })
    expect(decodeJwt(token)).toMatchObject({ iss: issuers[0], sub: 'system:serviceaccount:a:robot', aud: ['api', 'vault'], exp: clock.now() / 1000 + 900, 'kubernetes.io': { namespace: 'a', pod: { name: 'p', uid: 'p1' }, node: { name: 'n1', uid: 'n1' }, serviceaccount: { name: 'robot', uid: 's1' } } })
    expect(await tokens.authenticate(token)).toEqual({
      audiences: ['api'],
      user: {
        name: 'system:serviceaccount:a:robot', uid: 's1', groups: ['system:serviceaccounts', 'system:serviceaccounts:a'],
        extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${id}`], 'authentication.kubernetes.io/pod-name': ['p'], 'authentication.kubernetes.io/pod-uid': ['p1'], 'authentication.kubernetes.io/node-name': ['n1'], 'authentication.kubernetes.io/node-uid': ['n1'] },
      },
    })
    expect((await tokens.authenticate(token, ['vault', 'x']))?.audiences).toEqual(['vault'])
    await expect(tokens.authenticate(token, ['x'])).rejects.toThrow('token audiences ["api" "vault"] is invalid for the target audiences ["x"]')
  })

  test('SA1 the old issuer and the old key go on counting, strangers are not ours', async () => {
    const tokens = tokensWith()
    const sign = (issuer: string, key = ec.privateKey, kid = keyId(ec.publicKey)) => new SignJWT({ 'kubernetes.io': { namespace: 'a', serviceaccount: { name: 'robot', uid: 's1' } } }).setProtectedHeader({ alg: 'ES384', kid }).setIssuer(issuer).setAudience('api').setExpirationTime(clock.now() / 1000 + 60).sign(key)
    expect(await tokens.authenticate(await sign(issuers[1]!))).toBeDefined()
    expect(await tokens.authenticate(await sign('https://other.example'))).toBeUndefined()
    expect(await tokens.authenticate('abc.def')).toBeUndefined()
    const other = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    await expect(tokens.authenticate(await sign(issuers[0]!, other.privateKey))).rejects.toThrow('failed to verify signature')
    await expect(tokens.authenticate(await sign(issuers[0]!, other.privateKey, 'unknown'))).rejects.toThrow('invalid signature, no keys found')
  })

  test('SA2 what it is bound to must be there with the same uid; what is going holds for a minute', async () => {
    const tokens = tokensWith()
    const { token } = await tokens.issue(account(), onPod, ['api'], 900)
    objects.put('pods', { metadata: { namespace: 'a', name: 'p', uid: 'p1', deletionTimestamp: new Date(clock.now()).toISOString() } })
    expect(await tokens.authenticate(token)).toBeDefined()
    await clock.advance(61_000)
    await expect(tokens.authenticate(token)).rejects.toThrow('service account token has been invalidated')
    objects.put('pods', { metadata: { namespace: 'a', name: 'p', uid: 'p2' } })
    await expect(tokens.authenticate(token)).rejects.toThrow('pod UID (p2) does not match service account pod ref claim (p1)')
    objects.remove('serviceaccounts', 'a', 'robot')
    await expect(tokens.authenticate(token)).rejects.toThrow('serviceaccounts "robot" not found')
  })

  test('SA2 a token bound to a node or a secret ends with it; a pod’s token does not ask for its node', async () => {
    const tokens = tokensWith()
    const node = await tokens.issue(account(), { kind: 'Node', name: 'n1', uid: 'n1' }, ['api'], 900)
    const pod = await tokens.issue(account(), onPod, ['api'], 900)
    const secret = await tokens.issue(account(), { kind: 'Secret', name: 's', uid: 'x' }, ['api'], 900)
    expect((await tokens.authenticate(node.token))?.user.extra['authentication.kubernetes.io/node-name']).toEqual(['n1'])
    await expect(tokens.authenticate(secret.token)).rejects.toThrow('service account token has been invalidated')
    objects.remove('nodes', '', 'n1')
    await expect(tokens.authenticate(node.token)).rejects.toThrow('service account token has been invalidated')
    expect(await tokens.authenticate(pod.token)).toBeDefined()
  })

  test('SA3 times are looked at with every request, a minute of difference is allowed', async () => {
    const tokens = tokensWith()
    const { token } = await tokens.issue(account(), undefined, ['api'], 600)
    await clock.advance(655_000)
    expect(await tokens.authenticate(token)).toBeDefined()
    await clock.advance(10_000)
    await expect(tokens.authenticate(token)).rejects.toThrow('service account token has expired')
  })

  test('SA4 a pod’s token of 3607 s lives a year and is counted once it should have been renewed', async () => {
    const tokens = tokensWith()
    const { token, expiresMs } = await tokens.issue(account(), onPod, ['api'], 3607)
    expect(expiresMs).toBe(clock.now() + 3_607_000)
    expect(decodeJwt(token)).toMatchObject({ exp: clock.now() / 1000 + 365 * 86_400, 'kubernetes.io': { warnafter: clock.now() / 1000 + 3607 } })
    await clock.advance(3_700_000)
    const notes: Record<string, string> = {}
    expect(await tokens.authenticate(token, undefined, { warn() {}, annotate: (key, value) => { notes[key] = value } })).toBeDefined()
    expect(notes).toEqual({ 'authentication.k8s.io/stale-token': 'subject: system:serviceaccount:a:robot, seconds after warning threshold: 93' })
    expect(stale).toBe(1)
    for (const [kind, audiences, extend] of [[undefined, ['api'], true], [onPod, ['vault'], true], [onPod, ['api'], false]] as const) {
      expect(decodeJwt((await tokensWith({ extend }).issue(account(), kind, audiences, 3607)).token).exp).toBe(Math.floor(clock.now() / 1000) + 3607)
    }
  })

  test('KY1 KY2 KY3 keys are told apart by id and make up the key set', () => {
    const pem = `${rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string}\n${ec.publicKey.export({ type: 'spki', format: 'pem' }) as string}`
    const keys = new TokenKeySet(readCheckingKeys(pem, 'k'))
    expect(keys.algorithms).toEqual(['ES384', 'RS256'])
    expect(keys.jwks().keys).toMatchObject([{ use: 'sig', kty: 'RSA', alg: 'RS256', kid: keyId(rsa.publicKey) }, { kty: 'EC', crv: 'P-384', alg: 'ES384' }])
    expect(JSON.stringify(keys.jwks())).not.toContain('"d"')
    expect(() => readCheckingKeys('nothing', 'sa.pub')).toThrow('sa.pub does not contain a valid RSA or ECDSA key')
  })
})

describe('legacy tokens', () => {
  const claims = { 'kubernetes.io/serviceaccount/namespace': 'a', 'kubernetes.io/serviceaccount/secret.name': 's', 'kubernetes.io/serviceaccount/service-account.name': 'robot', 'kubernetes.io/serviceaccount/service-account.uid': 's1' }
  const sign = (more: object = {}, subject = 'system:serviceaccount:a:robot') => new SignJWT({ ...claims, ...more }).setProtectedHeader({ alg: 'RS256', kid: keyId(rsa.publicKey) }).setIssuer('kubernetes/serviceaccount').setSubject(subject).sign(rsa.privateKey)
  const keep = (token: string, labels: Record<string, string> = {}) => { objects.put('secrets', { metadata: { namespace: 'a', name: 's', uid: 'x', labels }, data: { token: Buffer.from(token).toString('base64') } }) }
  const labelled: string[] = []
  const kind = () => legacyTokens({ keys: new TokenKeySet([rsa.publicKey]), audiences: ['api'], reader: objects, clock, labelSecret: (_secret, label, value) => { labelled.push(`${label}=${value}`) }, metrics: { manual: nothing, automatic: nothing, invalid: nothing } })
  beforeEach(() => { labelled.length = 0 })

  test('LT2 LT4 it holds as long as its Secret has it, and its use is noted once a day', async () => {
    const token = await sign()
    await expect(kind().authenticate(token)).rejects.toThrow('Token has been invalidated')
    keep(token)
    expect(await kind().authenticate(token)).toMatchObject({ user: { name: 'system:serviceaccount:a:robot', uid: 's1' }, audiences: ['api'] })
    expect(labelled).toEqual(['kubernetes.io/legacy-token-last-used=2026-01-01'])
    keep(token, { 'kubernetes.io/legacy-token-last-used': '2026-01-01' })
    await kind().authenticate(token)
    expect(labelled).toHaveLength(1)
    keep('another')
    await expect(kind().authenticate(token)).rejects.toThrow("Token does not match server's copy")
  })

  test('LT1 claims that are missing or disagree are refused', async () => {
    await expect(kind().authenticate(await sign({ 'kubernetes.io/serviceaccount/secret.name': '' }))).rejects.toThrow('secretName claim is missing')
    await expect(kind().authenticate(await sign({}, 'system:serviceaccount:b:robot'))).rejects.toThrow('sub claim is invalid')
  })

  test('LT3 LT5 a Secret marked invalid gives nothing; an automatic one warns', async () => {
    const token = await sign()
    keep(token, { 'kubernetes.io/legacy-token-invalid-since': '2025-12-01' })
    await expect(kind().authenticate(token)).rejects.toThrow('the token in secret a/s for service account a/robot has been marked invalid.')
    keep(token)
    objects.put('serviceaccounts', { metadata: { namespace: 'a', name: 'robot', uid: 's1' }, secrets: [{ name: 's' }] })
    const warnings: string[] = []
    await kind().authenticate(token, undefined, { warn: text => { warnings.push(text) }, annotate() {} })
    expect(warnings[0]).toContain('Use tokens from the TokenRequest API')
  })
})
