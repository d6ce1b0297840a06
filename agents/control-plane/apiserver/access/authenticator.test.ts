import { beforeAll, describe, expect, test } from 'vitest'
import { X509Certificate } from 'node:crypto'
import { createTestAuthority } from '../../../../test/integration/test-pki.ts'
import type { TestAuthority } from '../../../../test/integration/test-pki.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import { createAuthenticator } from './authenticator.ts'
import { CertificateVerifier, readAuthorities } from './client-certificates.ts'
import { FrontProxy } from './front-proxy.ts'
import { fakeExchange, user } from './testing/fakes.ts'
import type { TokenAuthenticator } from './token-authenticator.ts'
import { TokenRefusal } from './token-authenticator.ts'

let clientCa: TestAuthority
let proxyCa: TestAuthority
const now = Date.now()

beforeAll(async () => {
  clientCa = await createTestAuthority('clients')
  proxyCa = await createTestAuthority('proxies')
})

const tokens: TokenAuthenticator = {
  async authenticate(token) {
    if (token === 'good') return { user: user('jane', ['dev']) }
    if (token === 'late') throw new TokenRefusal('service account token has expired')
    return undefined
  },
}

async function peer(authority: TestAuthority, subject: { commonName: string; organizations?: string[] }) {
  const { cert } = await authority.sign(subject)
  return { authorized: true, getPeerX509Certificate: () => new X509Certificate(cert) }
}

function authenticator(clock = new FakeClock(now)) {
  const verifier = (authority: TestAuthority) => {
    const certificates = readAuthorities(authority.cert)
    return new CertificateVerifier(() => ({ generation: 1, certificates }), clock)
  }
  const frontProxy = new FrontProxy({ allowedNames: ['front'], userHeaders: ['X-Remote-User'], uidHeaders: ['X-Remote-Uid'], groupHeaders: ['X-Remote-Group'], extraPrefixes: ['X-Remote-Extra-'] }, verifier(proxyCa))
  const seconds: number[] = []
  return { frontProxy, seconds, authenticator: createAuthenticator({ clients: verifier(clientCa), frontProxy, tokens, clock, certificateLeft: { observe: left => seconds.push(left) } }) }
}

const proxyHeaders = [['X-Remote-User', 'ann'], ['X-Remote-Uid', '7'], ['X-Remote-Group', 'a, b'], ['X-Remote-Group', 'c'], ['X-Remote-Extra-Acme.io%2FTeam', 'red']] as const
const web = [['Upgrade', 'websocket'], ['Connection', 'Upgrade']] as const
const carrier = (token: string) => `base64url.bearer.authorization.k8s.io.${Buffer.from(token).toString('base64url')}`

describe('authenticator', () => {
  test('XC2 a client certificate names the user by its last common name and groups by organizations', async () => {
    const exchange = fakeExchange([], { peer: await peer(clientCa, { commonName: 'jane', organizations: ['dev', 'ops, x'] }) })
    expect(await authenticator().authenticator.authenticate(exchange)).toMatchObject({ verdict: 'known', user: { name: 'jane', groups: ['dev', 'ops, x', 'system:authenticated'], extra: { 'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/)] } } })
  })

  test('how long a certificate still holds is told with every request that it names', async () => {
    const { authenticator: both, seconds } = authenticator()
    await both.authenticate(fakeExchange([], { peer: await peer(clientCa, { commonName: 'jane' }) }))
    await both.authenticate(fakeExchange(proxyHeaders, { peer: await peer(proxyCa, { commonName: 'front' }) }))
    expect(seconds).toHaveLength(1)
    expect(seconds[0]).toBeGreaterThan(0)
  })

  test('XC1 FP1 each authority makes only what it is for', async () => {
    const { authenticator: both } = authenticator()
    const proxiedByClient = fakeExchange(proxyHeaders, { peer: await peer(clientCa, { commonName: 'front' }) })
    expect(await both.authenticate(proxiedByClient)).toMatchObject({ verdict: 'known', user: { name: 'front' } })
    const clientByProxy = fakeExchange([], { peer: await peer(proxyCa, { commonName: 'jane' }) })
    expect(await both.authenticate(clientByProxy)).toMatchObject({ verdict: 'refused' })
    const otherName = fakeExchange(proxyHeaders, { peer: await peer(proxyCa, { commonName: 'other' }) })
    expect(await both.authenticate(otherName)).toMatchObject({ verdict: 'refused' })
  })

  test('FP1 FP3 headers count over an allowed proxy, line by line, and are gone afterwards', async () => {
    const { authenticator: both, frontProxy } = authenticator()
    const exchange = fakeExchange([...proxyHeaders, ['Accept', 'x']], { peer: await peer(proxyCa, { commonName: 'front' }) })
    expect(await both.authenticate(exchange)).toEqual({ verdict: 'known', user: { name: 'ann', uid: '7', groups: ['a, b', 'c', 'system:authenticated'], extra: { 'acme.io/team': ['red'] } } })
    frontProxy.takeHeadersOff(exchange)
    expect(Object.keys(exchange.request.headers)).toEqual(['accept'])
    expect(exchange.headerLines('x-remote-group')).toEqual([])
  })

  test('XC3 a certificate whose time has passed on an open connection does not count any more', async () => {
    const clock = new FakeClock(now)
    const { authenticator: both } = authenticator(clock)
    const exchange = fakeExchange([], { peer: await peer(clientCa, { commonName: 'jane' }) })
    expect(await both.authenticate(exchange)).toMatchObject({ verdict: 'known' })
    await clock.advance(2 * 24 * 3600_000)
    expect(await both.authenticate(exchange)).toMatchObject({ verdict: 'refused' })
  })

  test('AU1 a bad credential never makes anybody anonymous, but a good one beside it counts', async () => {
    const { authenticator: both } = authenticator()
    const bad = { authorized: false, getPeerX509Certificate: (await peer(proxyCa, { commonName: 'x' })).getPeerX509Certificate }
    expect(await both.authenticate(fakeExchange([], { peer: bad }))).toMatchObject({ verdict: 'refused' })
    expect(await both.authenticate(fakeExchange([['Authorization', 'Bearer good']], { peer: bad }))).toMatchObject({ verdict: 'known', user: { name: 'jane' } })
    expect(await both.authenticate(fakeExchange([['Authorization', 'Bearer wrong']]))).toEqual({ verdict: 'refused', reason: 'invalid bearer token' })
    expect(await both.authenticate(fakeExchange([['Authorization', 'Bearer late']]))).toEqual({ verdict: 'refused', reason: 'service account token has expired' })
    expect(await both.authenticate(fakeExchange())).toEqual({ verdict: 'unknown' })
  })

  test.each([['Basic good', 'unknown'], ['bearer good', 'known'], ['Bearer', 'unknown'], ['Bearer  good', 'unknown'], ['good', 'unknown']])('AU4 %s', async (header, verdict) => {
    const exchange = fakeExchange([['Authorization', header]])
    expect((await authenticator().authenticator.authenticate(exchange)).verdict).toBe(verdict)
    if (header === 'Bearer  good') expect(exchange.warnings[0]).toContain('extra space before the bearer token')
  })

  test('AU3 a token in a subprotocol is taken off the list before anybody sees it', async () => {
    const { authenticator: both } = authenticator()
    const exchange = fakeExchange([...web, ['Sec-WebSocket-Protocol', `v5.channel.k8s.io, ${carrier('good')}`], ['Sec-WebSocket-Protocol', 'v4.channel.k8s.io']])
    expect(await both.authenticate(exchange)).toMatchObject({ verdict: 'known' })
    expect(exchange.header('sec-websocket-protocol')).toBe('v5.channel.k8s.io,v4.channel.k8s.io')
    const tries: [string, string | undefined][] = [[carrier('good'), 'missing additional subprotocol'], [`a, ${carrier('good')}, ${carrier('good')}`, 'multiple base64.bearer.authorization tokens specified'], ['a, base64url.bearer.authorization.k8s.io.!!', 'invalid base64.bearer.authorization token encoding']]
    for (const [line, reason] of tries) expect(await both.authenticate(fakeExchange([...web, ['Sec-WebSocket-Protocol', line]]))).toEqual({ verdict: 'refused', reason })
    expect(await both.authenticate(fakeExchange([['Sec-WebSocket-Protocol', `a, ${carrier('good')}`]]))).toEqual({ verdict: 'unknown' })
  })
})
