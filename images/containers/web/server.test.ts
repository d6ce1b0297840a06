import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { webProgram } from '../build.ts'

let folder = ''
let child: ChildProcess
let port = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'web-'))
  await writeFile(join(folder, 'server.mjs'), await webProgram())
})
afterAll(async () => { await rm(folder, { recursive: true }) })
beforeEach(async () => {
  port = await freePort()
  child = spawn(process.execPath, [join(folder, 'server.mjs')], { env: { PORT: String(port), WEB_VERSION: 'v2', DRAIN_MS: '150', POD_NAME: 'web-1', NODE_NAME: 'node-1', POD_IP: '10.244.0.2' } })
  await new Promise(resolve => child.stdout?.once('data', resolve))
})
afterEach(() => { child.kill('SIGKILL') })

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`, { headers })

test('says who answered, as text and as JSON', async () => {
  expect(await (await get('/')).text()).toMatch(/^pod: web-1\nnode: node-1\nip: 10\.244\.0\.2\nversion: v2\n/)
  expect(await (await get('/x?y', { accept: 'application/json', 'x-own': 'z' })).json()).toMatchObject({
    pod: 'web-1', node: 'node-1', version: 'v2', path: '/x?y', method: 'GET', client: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string, headers: { 'x-own': 'z' }, answered: 2,
  })
})

test('is healthy, is slow when asked, returns what it was sent', async () => {
  expect((await get('/healthz')).status).toBe(200)
  const before = Date.now()
  await get('/slow?ms=120')
  expect(Date.now() - before).toBeGreaterThanOrEqual(115)
  expect(await (await fetch(`http://127.0.0.1:${port}/echo`, { method: 'POST', body: 'hello' })).text()).toBe('hello')
})

test('crashes when asked', async () => {
  const ended = new Promise(resolve => child.once('exit', resolve))
  expect(await (await get('/crash')).text()).toBe('crashing\n')
  expect(await ended).toBe(1)
})

test('WS1 SIGTERM: new requests are answered for a while, then open ones finished and new connections refused, status 0', async () => {
  const ended = new Promise(resolve => child.once('exit', resolve))
  const slow = new Promise<{ status?: number; connection?: string }>((resolve, reject) => {
    request({ port, path: '/slow?ms=300' }, response => {
      response.resume()
      resolve({ ...(response.statusCode === undefined ? {} : { status: response.statusCode }), ...(response.headers.connection === undefined ? {} : { connection: response.headers.connection }) })
    }).on('error', reject).end()
  })
  await new Promise(resolve => setTimeout(resolve, 100))
  child.kill('SIGTERM')
  await new Promise(resolve => setTimeout(resolve, 50))
  expect((await get('/')).headers.get('connection')).toBe('close')
  await new Promise(resolve => setTimeout(resolve, 150))
  await expect(get('/')).rejects.toThrow()
  expect(await slow).toEqual({ status: 200, connection: 'close' })
  expect(await ended).toBe(0)
})

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const found = (server.address() as AddressInfo).port
      server.close(() => { resolve(found) })
    })
  })
}
