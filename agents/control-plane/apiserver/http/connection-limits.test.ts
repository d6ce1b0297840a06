import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { connect as connectHttp2, createSecureServer } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { connect } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import * as x509 from '@peculiar/x509'
import { beforeAll, expect, test } from 'vitest'
import { connectionLimits, limitConnections } from './connection-limits.ts'

const idleMs = 90_000

let cert = ''
let key = ''
beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto as never)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  cert = (await x509.X509CertificateGenerator.createSelfSigned({ name: 'CN=test', keys: keys as never, signingAlgorithm: algorithm })).toString('pem')
  key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')
})

/** A server that answers at once, but /watch only when the test says so. */
async function serve() {
  const answers: ServerResponse[] = []
  const upgrades: Socket[] = []
  const server = createSecureServer({ cert, key, allowHTTP1: true, ...connectionLimits })
  limitConnections(server)
  server.on('request', (request, response) => {
    answers.push(response as never)
    response.writeHead(200)
    if (request.url === '/watch') response.write('{}')
    else response.end('ok')
  })
  server.on('upgrade', (_request: unknown, socket: Socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
    upgrades.push(socket)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  const sockets: TLSSocket[] = []
  /** A client's end and the server's of one HTTP/1.1 connection. */
  const open = async () => {
    const accepted = once(server, 'secureConnection')
    const near = connect({ port, host: '127.0.0.1', ca: cert, checkServerIdentity: () => undefined, ALPNProtocols: ['http/1.1'] })
    sockets.push(near)
    const far = (await accepted)[0] as TLSSocket
    const ask = async (lines: string) => {
      near.write(`${lines}\r\nHost: x\r\n\r\n`)
      return String((await once(near, 'data'))[0])
    }
    return { near, far, ask }
  }
  return { server, port, answers, upgrades, open, [Symbol.dispose]: () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  } }
}

async function written(answer: ServerResponse): Promise<void> {
  if (!answer.writableFinished) await once(answer, 'finish')
}

test('CL2 an HTTP/1.1 connection on which nothing is asked is closed, and no header tells of it', async () => {
  using target = await serve()
  const { near, far, ask } = await target.open()
  expect(await ask('GET / HTTP/1.1')).not.toMatch(/^keep-alive:/im)
  await written(target.answers[0]!)
  expect(far.timeout).toBe(idleMs)
  const closed = once(near, 'close')
  near.resume()
  far.emit('timeout') // what the socket's timer does after that time
  await closed
})

test('CL2 a connection that never asked anything is closed too', async () => {
  using target = await serve()
  const { near, far } = await target.open()
  const closed = once(near, 'close')
  near.resume()
  far.emit('timeout')
  await closed
})

test('CL2 a quiet watch keeps its connection, which is closed when it is idle again', async () => {
  using target = await serve()
  const { near, far, ask } = await target.open()
  await ask('GET /watch HTTP/1.1')
  far.emit('timeout')
  expect(far.destroyed || far.writableEnded).toBe(false)
  target.answers[0]!.end()
  await written(target.answers[0]!)
  expect(far.timeout).toBe(idleMs)
  const closed = once(near, 'close')
  near.resume()
  far.emit('timeout')
  await closed
})

test('CL2 a connection that was upgraded may be silent as long as it likes', async () => {
  using target = await serve()
  const { far, ask } = await target.open()
  await ask('GET /exec HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x')
  expect(target.upgrades).toEqual([far])
  expect(far.timeout).toBe(0)
})

test('CL2 an HTTP/2 connection has no timer of its socket beside that of its session', async () => {
  using target = await serve()
  const accepted = once(target.server, 'secureConnection')
  const session = connectHttp2(`https://127.0.0.1:${target.port}`, { ca: cert, checkServerIdentity: () => undefined })
  const far = (await accepted)[0] as TLSSocket
  expect(far.timeout ?? 0).toBe(0)
  session.destroy()
})
