import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import * as x509 from '@peculiar/x509'
import { beforeAll, describe, expect, it } from 'vitest'
import { createHttpTransport } from './http-transport.ts'

let cert = ''
let key = ''
beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as never)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=test', keys: keys as never, signingAlgorithm: algorithm, extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])] })
  cert = made.toString('pem')
  key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
})

type Listener = (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void

async function serve(listener: Listener, port = 0, maxConcurrentStreams = 1_000) {
  const sessions = new Set<http2.ServerHttp2Session>()
  const server = http2.createSecureServer({ cert, key, allowHTTP1: true, settings: { maxConcurrentStreams } }, listener)
  server.on('session', session => sessions.add(session))
  await new Promise<void>(resolve => { server.listen(port, '127.0.0.1', resolve) })
  const { port: chosen } = server.address() as AddressInfo
  return { port: chosen, server: `https://127.0.0.1:${chosen}`, sessions, [Symbol.dispose]: () => {
    for (const session of sessions) session.destroy()
    server.close()
  } }
}

describe('http/2 transport', () => {
  it('shares one connection among requests and watches', async () => {
    using target = await serve((request, response) => {
      if (request.url === '/watch') {
        response.writeHead(200)
        response.write('one\n')
        return
      }
      let body = ''
      request.on('data', chunk => { body += String(chunk) }).on('end', () => { response.writeHead(201, { 'x-a': '1' }).end(`${request.method} ${request.url} ${request.httpVersion} ${request.headers['user-agent']} ${body}`) })
    })
    using transport = createHttpTransport({ server: target.server, ca: cert })
    const abort = new AbortController()
    const streams = await Promise.all(Array.from({ length: 20 }, () => transport.stream({ method: 'GET', path: '/watch', signal: abort.signal })))
    const firsts = await Promise.all(streams.map(async stream => {
      for await (const chunk of stream.body) return Buffer.from(chunk).toString()
      return ''
    }))
    expect(new Set(firsts)).toEqual(new Set(['one\n']))
    const reply = await transport.request({ method: 'POST', path: '/a?b=1', headers: { 'user-agent': 'me' }, body: '網' })
    expect([reply.status, reply.headers['x-a'], reply.body]).toEqual([201, '1', 'POST /a?b=1 2.0 me 網'])
    expect(target.sessions.size).toBe(1)
    abort.abort(new Error('enough'))
  })

  it('H2S5: opens one more connection when one has all the streams that the server allows', async () => {
    using target = await serve((_request, response) => {
      response.writeHead(200)
      response.write('one\n')
    }, 0, 5)
    using transport = createHttpTransport({ server: target.server, ca: cert })
    const abort = new AbortController()
    for (let index = 0; index < 12; index += 1) expect((await transport.stream({ method: 'GET', path: '/watch', signal: abort.signal })).status).toBe(200)
    expect(target.sessions.size).toBe(3)
    const crowd = await Promise.all(Array.from({ length: 220 }, () => transport.stream({ method: 'GET', path: '/watch', signal: abort.signal })))
    expect(crowd).toHaveLength(220)
    abort.abort(new Error('enough'))
  })

  it('H2S1: opens a new connection after the server came back, and tells every stream that broke', async () => {
    const answer: Listener = (request, response) => {
      response.writeHead(200)
      if (request.url === '/watch') response.write('x\n')
      else response.end('ok')
    }
    const first = await serve(answer)
    using transport = createHttpTransport({ server: first.server, ca: cert })
    const stream = await transport.stream({ method: 'GET', path: '/watch' })
    const broken = (async () => {
      for await (const _ of stream.body) first[Symbol.dispose]()
    })()
    await expect(broken).rejects.toMatchObject({ name: 'ConnectionError' })
    await expect(transport.request({ method: 'POST', path: '/' })).rejects.toMatchObject({ name: 'ConnectionError' })
    using _second = await serve(answer, first.port)
    expect((await transport.request({ method: 'GET', path: '/' })).body).toBe('ok')
  })

  it('H2S2: speaks HTTP/1.1 with a server that knows nothing else', async () => {
    const server = https.createServer({ cert, key }, (request, response) => { response.end(request.httpVersion) })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    using transport = createHttpTransport({ server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, ca: cert })
    const versions = [(await transport.request({ method: 'GET', path: '/' })).body, (await transport.request({ method: 'GET', path: '/' })).body]
    server.closeAllConnections()
    server.close()
    expect(versions).toEqual(['1.1', '1.1'])
  })

  it('HT2, HT3: limits the wait, repeats what was refused unseen, and ends with its signal', async () => {
    let seen = 0
    using target = await serve((request, response) => {
      if (request.url === '/silent') return
      if (++seen === 1) response.stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)
      else response.end('ok')
    })
    using transport = createHttpTransport({ server: target.server, ca: cert })
    await expect(transport.request({ method: 'GET', path: '/silent', timeoutMs: 30 })).rejects.toThrow('GET /silent: no answer within 30 ms')
    expect((await transport.request({ method: 'POST', path: '/' })).body).toBe('ok')
    const abort = new AbortController()
    const reply = transport.request({ method: 'GET', path: '/silent', signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(reply).rejects.toThrow('enough')
  })

  it('HT5: puts an answer of many pieces together, and takes no cut one for whole', async () => {
    using target = await serve((request, response) => {
      response.writeHead(200)
      response.write('one ')
      if (request.url === '/cut') setTimeout(() => { response.stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR) }, 5)
      else if (request.url === '/pieces') setTimeout(() => { response.end('網') }, 5)
    })
    using transport = createHttpTransport({ server: target.server, ca: cert })
    expect((await transport.request({ method: 'GET', path: '/pieces' })).body).toBe('one 網')
    await expect(transport.request({ method: 'POST', path: '/cut' })).rejects.toMatchObject({ name: 'ConnectionError' })
    await expect(transport.request({ method: 'POST', path: '/half', timeoutMs: 30 })).rejects.toThrow('POST /half: no answer within 30 ms')
    const abort = new AbortController()
    const reply = transport.request({ method: 'GET', path: '/half', signal: abort.signal })
    setTimeout(() => { abort.abort(new Error('enough')) }, 20)
    await expect(reply).rejects.toThrow('enough')
  })

  it('refuses a certificate it cannot trust', async () => {
    using target = await serve((_request, response) => { response.end() })
    using transport = createHttpTransport({ server: target.server })
    await expect(transport.request({ method: 'GET', path: '/' })).rejects.toMatchObject({ code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })
})
