import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { createTestAuthority } from '../../../../test/integration/test-pki.ts'
import type { CertifiedKey, TestAuthority } from '../../../../test/integration/test-pki.ts'
import { seededRandom } from '../../../base/random.ts'
import { systemClock } from '../../../runtime/system.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { ObjectReader } from '../admission/admission.ts'
import { createNodeDialer } from '../proxy/node-dialer.ts'
import { createServiceDialer } from './service-dialer.ts'
import { WebhookClients } from './webhook-client.ts'
import type { WebhookClientConfig } from './webhook-client.ts'
import { readCredentials } from './webhook-credentials.ts'

let authority: TestAuthority
let stranger: TestAuthority
let serving: CertifiedKey

beforeAll(async () => {
  authority = await createTestAuthority('hooks')
  stranger = await createTestAuthority('stranger')
  serving = await authority.sign({ commonName: 'hook', dns: ['hook.tools.svc'], ips: ['127.0.0.1'] })
})

async function serve(listener: RequestListener, key = serving, more: object = {}) {
  const server = createServer({ cert: key.cert, key: key.key, ...more }, listener)
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  return { server, port, [Symbol.dispose]: () => {
    server.closeAllConnections()
    server.close()
  } }
}

const bundle = (of: { cert: string }) => Buffer.from(of.cert).toString('base64')
const service = (spec: object): KubeObject => ({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'hook', namespace: 'tools' }, spec })
const slice = (port: number, endpoints: object[]): KubeObject => ({ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: { name: 'hook-1', namespace: 'tools', labels: { 'kubernetes.io/service-name': 'hook' } }, ports: [{ name: 'https', port }], endpoints })

function clientsOver(objects: KubeObject[]) {
  const of = (resource: string) => objects.filter(object => `${object.kind.toLowerCase()}s` === resource)
  const reader: ObjectReader = {
    get: ({ resource }, _namespace, name) => of(resource).find(object => object.metadata.name === name),
    list: ({ resource }) => of(resource),
    getFresh: () => Promise.resolve(undefined),
  }
  return new WebhookClients({ services: createServiceDialer({ reader, random: seededRandom(1), dialer: createNodeDialer({ egress: 'direct' }) }), clock: systemClock })
}

const echo: RequestListener = (request, response) => {
  let body = ''
  request.on('data', chunk => body += String(chunk)).on('end', () => { response.writeHead(200, { 'content-type': 'application/json' }).end(`${request.method} ${request.headers.host} ${request.url} ${body}`) })
}
const call = { body: '{}', timeoutMs: 5_000, signal: new AbortController().signal }
const post = async (clients: WebhookClients, config: WebhookClientConfig, more: object = {}) => (await clients.clientFor(config).post({ ...call, ...more })).toString()

describe('webhook client', () => {
  it('WC1 SD1: a service is dialled at a ready endpoint and must prove its name', async () => {
    using target = await serve(echo)
    using clients = clientsOver([service({ ports: [{ name: 'https', port: 443 }] }), slice(target.port, [{ addresses: ['192.0.2.1'], conditions: { ready: false } }, { addresses: ['127.0.0.1'] }])])
    const config = { service: { namespace: 'tools', name: 'hook', path: '/validate' }, caBundle: bundle(authority) }
    expect(await post(clients, config, { query: { timeout: '10s' } })).toBe('POST hook.tools.svc /validate?timeout=10s {}')
  })

  it('WC1 SD1: what cannot be resolved says why, with the whole URL', async () => {
    using clients = clientsOver([service({ ports: [{ name: 'https', port: 443 }] })])
    const at = (name: string, port?: number) => post(clients, { service: { namespace: 'tools', name, path: '/v', ...(port === undefined ? {} : { port }) } })
    await expect(at('none')).rejects.toThrow('Post "https://none.tools.svc:443/v": service "none" not found')
    await expect(at('hook')).rejects.toThrow('Post "https://hook.tools.svc:443/v": no endpoints available for service "hook"')
    await expect(at('hook', 8443)).rejects.toThrow('Post "https://hook.tools.svc:8443/v": no service port 8443 found for service "hook"')
  })

  it('WC2: a certificate by a stranger, or for another name, is refused', async () => {
    using target = await serve(echo)
    using clients = clientsOver([])
    const url = `https://127.0.0.1:${target.port}/x`
    await expect(post(clients, { url, caBundle: bundle(stranger) })).rejects.toThrow(`Post "${url}": tls: failed to verify certificate: x509: certificate signed by unknown authority`)
    await expect(post(clients, { url: `https://localhost:${target.port}/x`, caBundle: bundle(authority) })).rejects.toThrow('x509: certificate is valid for hook.tools.svc, 127.0.0.1, not localhost')
    using nameless = await serve(echo, await authority.sign({ commonName: '127.0.0.1' }))
    await expect(post(clients, { url: `https://127.0.0.1:${nameless.port}/x`, caBundle: bundle(authority) })).rejects.toThrow('legacy Common Name')
  })

  it('WC2: client certificates and tokens are shown to whom they are meant for', async () => {
    const own = await authority.sign({ commonName: 'kube-apiserver' })
    using target = await serve((request, response) => {
      const peer = (request.socket as unknown as { getPeerCertificate(): { subject: { CN: string } } }).getPeerCertificate()
      response.end(`${peer.subject.CN} ${request.headers.authorization}`)
    }, serving, { requestCert: true, ca: authority.cert })
    using clients = clientsOver([])
    const client = clients.clientWith({ url: `https://127.0.0.1:${target.port}` }, { ca: authority.cert, clientCert: own.cert, clientKey: own.key, token: () => 'secret' })
    expect((await client.post(call)).toString()).toBe('kube-apiserver Bearer secret')
  })

  it('WK1 WK2 WK3: users of a kubeconfig are chosen by host', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'credentials-'))
    const write = (users: object[], more: object = {}) => {
      writeFileSync(join(folder, 'k'), JSON.stringify({ users: users.map((user, index) => ({ name: ['a.b.svc:8443', '*.b.svc', '*.svc:8443', '*', 'ctx'][index], user })), ...more }))
      return readCredentials(join(folder, 'k'))
    }
    const named = write(['exact', 'near', 'wide', 'any', 'current'].map(token => ({ token })))
    const tokenOf = (hostPort: string) => named(hostPort)?.token?.()
    expect([tokenOf('a.b.svc:8443'), tokenOf('x.b.svc:443'), tokenOf('x.c.svc:8443'), tokenOf('elsewhere:1')]).toEqual(['exact', 'near', 'wide', 'any'])
    writeFileSync(join(folder, 't'), 'first\n')
    const current = write([{ tokenFile: 't' }], { contexts: [{ name: 'c', context: { user: 'a.b.svc:8443' } }], 'current-context': 'c' })
    expect(current('x:1')?.token?.()).toBe('first')
    writeFileSync(join(folder, 't'), 'second\n')
    expect(current('x:1')?.token?.()).toBe('second')
    expect(() => write([{ exec: {} }])).toThrow('exec is not supported')
    using target = await serve((request, response) => { response.end(String(request.headers.authorization)) })
    using clients = new WebhookClients({ services: undefined as never, clock: systemClock, credentialsFor: () => ({ token: () => 'chosen' }) })
    expect(await post(clients, { url: `https://127.0.0.1:${target.port}`, caBundle: bundle(authority) })).toBe('Bearer chosen')
    rmSync(folder, { recursive: true })
  })

  it('WC3: redirects are not followed, answers are bounded, and failures are told by their code', async () => {
    let hits = 0
    using target = await serve((request, response) => {
      hits += 1
      if (request.url === '/302') response.writeHead(302, { location: '/' }).end()
      else if (request.url === '/500') response.writeHead(500, { 'content-type': 'text/plain' }).end('boom\n')
      else if (request.url === '/404') response.writeHead(404).end()
      else if (request.url === '/status') response.writeHead(418, { 'content-type': 'application/json' }).end('{"kind":"Status","status":"Failure","message":"own words"}')
      else response.end('x'.repeat(2_000))
    })
    using clients = clientsOver([])
    const at = (path: string) => post(clients, { url: `https://127.0.0.1:${target.port}${path}`, caBundle: bundle(authority) }, { maxAnswerBytes: 1_000 })
    await expect(at('/302')).rejects.toThrow('the server responded with the status code 302 but did not return more information')
    expect(hits).toBe(1)
    await expect(at('/500')).rejects.toThrow('an error on the server ("boom") has prevented the request from succeeding')
    await expect(at('/404')).rejects.toThrow('the server could not find the requested resource')
    await expect(at('/status')).rejects.toThrow('own words')
    await expect(at('/big')).rejects.toThrow('the answer is larger than 1000 bytes')
  })

  it('WC4: one connection serves many calls, and one closed while idle is replaced', async () => {
    const sockets = new Set<unknown>()
    using target = await serve((request, response) => {
      sockets.add(request.socket)
      response.end('ok')
    })
    using clients = clientsOver([])
    const config = { url: `https://127.0.0.1:${target.port}/`, caBundle: bundle(authority) }
    for (let round = 0; round < 3; round++) await post(clients, config)
    expect(sockets.size).toBe(1)
    target.server.closeAllConnections()
    expect(await post(clients, config)).toBe('ok')
    expect(sockets.size).toBe(2)
  })

  it('WC5: a call ends with its deadline, or with its caller', async () => {
    using target = await serve(() => {})
    using clients = clientsOver([])
    const url = `https://127.0.0.1:${target.port}/slow`
    const config = { url, caBundle: bundle(authority) }
    await expect(post(clients, config, { timeoutMs: 60, query: { timeout: '1s' } })).rejects.toThrow(`Post "${url}?timeout=1s": context deadline exceeded`)
    const caller = new AbortController()
    setTimeout(() => { caller.abort() }, 30)
    await expect(post(clients, config, { signal: caller.signal })).rejects.toThrow(`Post "${url}": context canceled`)
  })

  it('WC1: nobody listening is told as a refused connection', async () => {
    using clients = clientsOver([])
    await expect(post(clients, { url: 'https://127.0.0.1:1/x' })).rejects.toThrow('Post "https://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused')
  })
})
