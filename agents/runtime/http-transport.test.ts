import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createHttpTransport } from './http-transport.ts'

async function serve(listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  return { server: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => {
    server.closeAllConnections()
    server.close()
  } }
}

describe('http transport', () => {
  it('sends a body and reads the answer, reusing one connection', async () => {
    const sockets = new Set<unknown>()
    using target = await serve((request, response) => {
      sockets.add(request.socket)
      let body = ''
      request.on('data', chunk => body += String(chunk)).on('end', () => { response.writeHead(201, { 'x-a': '1' }).end(`${request.method} ${request.url} ${body}`) })
    })
    using transport = createHttpTransport({ server: `${target.server}` })
    const reply = await transport.request({ method: 'POST', path: '/api?x=1', body: '網' })
    expect([reply.status, reply.headers['x-a'], reply.body]).toEqual([201, '1', 'POST /api?x=1 網'])
    await transport.request({ method: 'GET', path: '/' })
    expect(sockets.size).toBe(1)
  })

  it('HT2: a request that is not answered in time fails and says so; a stream may go on', async () => {
    using target = await serve((request, response) => {
      if (request.url === '/silent') return
      response.writeHead(200)
      response.write('one\n')
      setTimeout(() => { response.end('two\n') }, 500)
    })
    using transport = createHttpTransport({ server: target.server })
    await expect(transport.request({ method: 'GET', path: '/silent', timeoutMs: 30 })).rejects.toThrow('GET /silent: no answer within 30 ms')
    const stream = await transport.stream({ method: 'GET', path: '/slow', timeoutMs: 400 })
    let text = ''
    for await (const chunk of stream.body) text += Buffer.from(chunk).toString()
    expect(text).toBe('one\ntwo\n')
  })

  it('HT3: a GET on a connection that the server had closed is sent again', async () => {
    let served = 0
    using target = await serve((request, response) => {
      served++
      if (served === 2) request.socket.destroy()
      else response.end('ok')
    })
    using transport = createHttpTransport({ server: target.server })
    await transport.request({ method: 'GET', path: '/' })
    expect((await transport.request({ method: 'GET', path: '/' })).body).toBe('ok')
    expect(served).toBe(3)
  })

  it('rejects with the reason of an aborted signal, and names a refused connection', async () => {
    using target = await serve(() => {})
    using transport = createHttpTransport({ server: target.server })
    const abort = new AbortController()
    const reply = transport.request({ method: 'GET', path: '/', signal: abort.signal })
    abort.abort(new Error('enough'))
    await expect(reply).rejects.toThrow('enough')
    using closed = createHttpTransport({ server: 'http://127.0.0.1:1' })
    await expect(closed.request({ method: 'GET', path: '/' })).rejects.toMatchObject({ name: 'ConnectionError', code: 'ECONNREFUSED' })
  })

  it('HT4: a token file is read again after a 401', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'transport-'))
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'old\n')
    using target = await serve((request, response) => { response.writeHead(request.headers.authorization === 'Bearer new' ? 200 : 401).end() })
    using transport = createHttpTransport({ server: target.server, tokenFile })
    const statuses = [(await transport.request({ method: 'GET', path: '/' })).status]
    writeFileSync(tokenFile, 'new\n')
    statuses.push((await transport.request({ method: 'GET', path: '/' })).status)
    rmSync(folder, { recursive: true })
    expect(statuses).toEqual([401, 200])
  })
})
