import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { silentLog } from '../../../agents/base/log.ts'
import { type Dialer, EgressProxy, readAuthority } from './egress-proxy.ts'
import { openPortForward } from './port-forward.ts'

const cleanups: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Answers each line with it in capitals, and says bye when the other side stops sending. */
async function echoServer(): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('data', chunk => socket.write(String(chunk).toUpperCase()))
    socket.on('end', () => socket.end('bye'))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => { resolve() }))
  cleanups.push(() => { server.close() })
  return (server.address() as AddressInfo).port
}

const localDialer = (port: number): Dialer => ({
  dial: () => new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true }, () => { resolve(socket) })
    socket.on('error', reject)
  }),
})

async function proxyTo(dialerFor: (host: string, port: number) => Dialer | undefined) {
  const folder = mkdtempSync(join(tmpdir(), 'kubarium-egress-'))
  const proxy = await EgressProxy.listen(join(folder, 'egress.sock'), { dialerFor, log: silentLog })
  cleanups.push(() => { rmSync(folder, { recursive: true, force: true }) }, () => proxy.close())
  return proxy
}

function connectThrough(socketPath: string, target: string): Promise<{ status: number; body: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, method: 'CONNECT', path: target })
    sent.on('error', reject)
    sent.on('connect', (response, socket, head) => {
      if (response.statusCode === 200) resolve({ status: 200, body: '', socket: socket as Socket })
      else {
        let body = String(head)
        socket.on('data', chunk => { body += String(chunk) })
        socket.on('end', () => { resolve({ status: response.statusCode!, body, socket: socket as Socket }) })
      }
    })
    sent.end()
  })
}

function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', chunk => { text += String(chunk) })
    socket.on('end', () => { resolve(text) })
    socket.on('error', reject)
  })
}

test('EP2 bytes flow both ways and each end ends only its direction', async () => {
  const port = await echoServer()
  const asked: string[] = []
  const proxy = await proxyTo((host, wanted) => {
    asked.push(`${host} ${wanted}`)
    return localDialer(port)
  })
  const { socket } = await connectThrough(proxy.socketPath, '172.30.0.11:10250')
  const answer = readAll(socket)
  socket.end('hello ')
  expect(await answer).toBe('HELLO bye')
  expect(asked).toEqual(['172.30.0.11 10250'])
})

test('EP3 without a line, or with one that fails, the reason arrives', async () => {
  const proxy = await proxyTo(host => {
    if (host === 'nowhere') return undefined
    return { dial: () => Promise.reject(new Error('the control link to node-1 is down: no answer for 15 s')) }
  })
  expect(await connectThrough(proxy.socketPath, 'nowhere:1')).toMatchObject({ status: 502, body: 'no node of this lab leads to nowhere\n' })
  expect(await connectThrough(proxy.socketPath, 'node-1:1')).toMatchObject({ status: 502, body: 'the control link to node-1 is down: no answer for 15 s\n' })
})

test('EP1 anything but CONNECT host:port is refused', async () => {
  const proxy = await proxyTo(() => undefined)
  const status = await new Promise<number>((resolve, reject) => {
    request({ socketPath: proxy.socketPath, path: 'http://10.0.0.1/' }, response => { resolve(response.statusCode!) }).on('error', reject).end()
  })
  expect(status).toBe(405)
  expect((await connectThrough(proxy.socketPath, 'host:99999')).status).toBe(400)
})

test('the socket is for its owner alone', async () => {
  const proxy = await proxyTo(() => undefined)
  expect(statSync(proxy.socketPath).mode & 0o777).toBe(0o600)
})

test('authorities are read exactly', () => {
  expect(readAuthority('[fd00::1]:443')).toEqual({ host: 'fd00::1', port: 443 })
  expect(readAuthority('node-1:10250')).toEqual({ host: 'node-1', port: 10250 })
  for (const bad of ['', 'host', 'host:0', 'host:65536', ':1', 'a/b:1', 'a b:1', 'host:1x']) expect(readAuthority(bad), bad).toBeUndefined()
})

test('a port forward leads through, says which port is taken, and ends with its connections', async () => {
  const port = await echoServer()
  const forward = await openPortForward({ localPort: null, dial: () => localDialer(port).dial('', 0), log: silentLog })
  const socket = connect({ host: '127.0.0.1', port: forward.localPort, allowHalfOpen: true })
  const answer = readAll(socket)
  socket.end('x')
  expect(await answer).toBe('Xbye')
  await expect(openPortForward({ localPort: forward.localPort, dial: () => localDialer(port).dial('', 0), log: silentLog })).rejects.toMatchObject({ reason: 'PortTaken' })
  const idle = connect({ host: '127.0.0.1', port: forward.localPort })
  const closed = new Promise(resolve => idle.on('close', resolve))
  idle.on('error', () => {})
  await new Promise(resolve => idle.on('connect', resolve))
  await forward.close()
  await closed
})

test('PF2 when the far side cannot be reached the client is reset, and the next may work', async () => {
  const port = await echoServer()
  let works = false
  const forward = await openPortForward({ localPort: null, dial: () => works ? localDialer(port).dial('', 0) : Promise.reject(new Error('down')), log: silentLog })
  cleanups.push(() => forward.close())
  const code = await new Promise(resolve => connect({ host: '127.0.0.1', port: forward.localPort }).on('error', (error: NodeJS.ErrnoException) => { resolve(error.code) }))
  expect(code).toBe('ECONNRESET')
  works = true
  const socket = connect({ host: '127.0.0.1', port: forward.localPort, allowHalfOpen: true })
  const answer = readAll(socket)
  socket.end('again ')
  expect(await answer).toBe('AGAIN bye')
})
