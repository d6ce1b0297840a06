import { createServer as createPlain } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { createServer as createSecure } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeAll, expect, test } from 'vitest'
import type { CertifiedKey, TestAuthority } from '../../../../test/integration/test-pki.ts'
import { createTestAuthority } from '../../../../test/integration/test-pki.ts'
import type { ExtenderConfiguration } from '../profile/configuration.ts'
import { httpExtenderPost } from './http-extender.ts'

const noTls = { insecure: false, serverName: '', caFile: '', caData: '', certFile: '', certData: '', keyFile: '', keyData: '' }
const base64 = (text: string) => Buffer.from(text).toString('base64')
const ends: (() => void)[] = []
let authority: TestAuthority
let stranger: TestAuthority
let serving: CertifiedKey
let client: CertifiedKey

beforeAll(async () => {
  authority = await createTestAuthority('extenders')
  stranger = await createTestAuthority('strangers')
  serving = await authority.sign({ commonName: 'extender', ips: ['127.0.0.1'], dns: ['extender.example'] })
  client = await authority.sign({ commonName: 'scheduler' })
})
afterEach(() => { for (const end of ends.splice(0)) end() })

async function listening(server: Server, scheme: string): Promise<string> {
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  ends.push(() => { server.close(); server.closeAllConnections() })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/prefix/`
}

const answering: RequestListener = (request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ path: request.url, subject: (request.socket as Partial<TLSSocket>).getPeerCertificate?.().subject?.CN ?? null }))
}
const secureServer = () => listening(createSecure({ ...serving, ca: authority.cert, requestCert: true, rejectUnauthorized: false }, answering), 'https')

function post(urlPrefix: string, more: Partial<ExtenderConfiguration> = {}): Promise<unknown> {
  const extender = httpExtenderPost({ urlPrefix, filterVerb: 'filter', prioritizeVerb: '', preemptVerb: '', bindVerb: '', weight: 1, nodeCacheCapable: true, ignorable: false, managedResources: [], enableHttps: false, tls: null, httpTimeoutMs: 20_000, ...more })
  ends.push(() => { extender[Symbol.dispose]() })
  return extender.post('filter', { Pod: null })
}

test('a verb is a path below the prefix', async () => {
  expect(await post(await listening(createPlain(answering), 'http'))).toEqual({ path: '/prefix/filter', subject: null })
})

test('with a CA the extender must be known to it, and by the name that is expected', async () => {
  const address = await secureServer()
  expect(await post(address, { tls: { ...noTls, caData: base64(authority.cert) } })).toMatchObject({ path: '/prefix/filter' })
  expect(await post(address, { tls: { ...noTls, caData: base64(authority.cert), serverName: 'extender.example' } })).toMatchObject({ path: '/prefix/filter' })
  await expect(post(address, { tls: { ...noTls, caData: base64(stranger.cert) } })).rejects.toThrow()
  await expect(post(address, { tls: { ...noTls, caData: base64(authority.cert), serverName: 'other.example' } })).rejects.toThrow(/other\.example/)
})

test('the scheduler shows its certificate where it was given one', async () => {
  expect(await post(await secureServer(), { tls: { ...noTls, caData: base64(authority.cert), certData: base64(client.cert), keyData: base64(client.key) } })).toMatchObject({ subject: 'scheduler' })
})

test('without a CA an extender is verified by nobody only when that was asked for', async () => {
  const address = await secureServer()
  expect(await post(address, { enableHttps: true })).toMatchObject({ path: '/prefix/filter' })
  expect(await post(address, { tls: { ...noTls, insecure: true } })).toMatchObject({ path: '/prefix/filter' })
  await expect(post(address)).rejects.toThrow()
})

test('an answer other than 200 and one that is no JSON are told as what they are', async () => {
  await expect(post(await listening(createPlain((_, response) => { response.writeHead(503).end() }), 'http'))).rejects.toThrow(/failed filter with extender at URL .*, code 503/)
  await expect(post(await listening(createPlain((_, response) => { response.end('<html>') }), 'http'))).rejects.toThrow(/answered filter with something that is no JSON/)
})

test('an extender that does not answer is given up after its time', async () => {
  await expect(post(await listening(createPlain(() => {}), 'http'), { httpTimeoutMs: 20 })).rejects.toThrow(/did not answer filter within 20 ms/)
})
