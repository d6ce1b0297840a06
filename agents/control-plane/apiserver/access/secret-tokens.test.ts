import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { bootstrapTokens } from './bootstrap-tokens.ts'
import { readCsv, staticTokens } from './static-tokens.ts'
import { MemoryObjects, user } from './testing/fakes.ts'
import { anyTokenAuthenticator, rememberedTokens, TokenRefusal } from './token-authenticator.ts'

describe('static tokens', () => {
  test('ST1 ST2 lines of token, user, uid and groups', async () => {
    const tokens = staticTokens('t1,jane,7,"dev,ops"\n"a ""b""",bob,8\n\n,nobody,9\n')
    expect(await tokens.authenticate('t1')).toEqual({ user: user('jane', ['dev', 'ops'], { uid: '7' }) })
    expect(await tokens.authenticate('a "b"')).toEqual({ user: user('bob', [], { uid: '8' }) })
    expect(await tokens.authenticate('')).toBeUndefined()
    expect(() => staticTokens('t,jane\n', 'tokens.csv')).toThrow("token file 'tokens.csv' must have at least 3 columns (token, user name, user uid), found 2 in record 1")
    expect(readCsv('a,"b\nc",d\r\ne,f,g')).toEqual([['a', 'b\nc', 'd'], ['e', 'f', 'g']])
  })
})

describe('bootstrap tokens', () => {
  const encoded = (data: Record<string, string>) => Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]))
  const good = { 'token-id': 'abcdef', 'token-secret': '0123456789abcdef', 'usage-bootstrap-authentication': 'true' }
  const ask = (data: Record<string, string>, token = 'abcdef.0123456789abcdef', type = 'bootstrap.kubernetes.io/token', meta: object = {}) => {
    const objects = new MemoryObjects()
    objects.put('secrets', { metadata: { namespace: 'kube-system', name: 'bootstrap-token-abcdef', ...meta }, type, data: encoded(data) })
    return bootstrapTokens(objects, new FakeClock()).authenticate(token)
  }

  test('BT1 the token of a Secret that says so', async () => {
    expect(await ask({ ...good, 'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token', expiration: '2027-01-01T00:00:00Z' })).toEqual({ user: user('system:bootstrap:abcdef', ['system:bootstrappers', 'system:bootstrappers:kubeadm:default-node-token']) })
  })

  test.each([
    ['another secret', good, 'abcdef.0123456789abcdee'],
    ['another id inside', { ...good, 'token-id': 'abcdeg' }],
    ['not for authentication', { ...good, 'usage-bootstrap-authentication': 'false' }],
    ['expired', { ...good, expiration: '2025-12-31T23:59:59Z' }],
    ['an expiration that cannot be read (BT2)', { ...good, expiration: 'tomorrow' }],
    ['a group of another kind (BT3)', { ...good, 'auth-extra-groups': 'system:masters' }],
    ['another form', good, 'ABCDEF.0123456789abcdef'],
    ['another type', good, undefined, 'Opaque'],
    ['a Secret that is going', good, undefined, undefined, { deletionTimestamp: '2026-01-01T00:00:00Z' }],
  ])('BT1 refused: %s', async (_why, data, token?, type?, meta?) => {
    expect(await ask(data as Record<string, string>, token, type, meta)).toBeUndefined()
  })
})

describe('kinds of tokens together', () => {
  test('TA1 the first that knows decides; refusals are told together', async () => {
    const mine = { authenticate: async (token: string) => (token === 'b' ? { user: user('bob') } : undefined) }
    const refusing = (why: string) => ({ authenticate: () => Promise.reject(new TokenRefusal(why)) })
    expect(await anyTokenAuthenticator([refusing('no'), mine]).authenticate('b')).toEqual({ user: user('bob') })
    expect(await anyTokenAuthenticator([mine]).authenticate('c')).toBeUndefined()
    await expect(anyTokenAuthenticator([refusing('no'), mine, refusing('never')]).authenticate('c')).rejects.toThrow('[no, never]')
  })

  test('TA3 an answer is remembered for its audiences and for its time', async () => {
    const clock = new FakeClock()
    let calls = 0
    const kind = rememberedTokens({ authenticate: async () => { calls += 1; return { user: user('bob') } } }, clock, 10_000)
    await kind.authenticate('t')
    await kind.authenticate('t')
    expect(calls).toBe(1)
    await kind.authenticate('t', ['other'])
    expect(calls).toBe(2)
    await clock.advance(10_001)
    await kind.authenticate('t')
    expect(calls).toBe(3)
  })
})
