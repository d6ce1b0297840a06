import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { silentLog } from '../../../agents/base/log.ts'
import { type Gateway, openGateway } from './gateway.ts'
import type { ContractService } from './contract-service.ts'

let gateway: Gateway
let clock: FakeClock
let dir: string
let cancelled: number
const token = 'a-token'

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kubarium-gw-'))
  mkdirSync(join(dir, 'assets'))
  writeFileSync(join(dir, 'index.html'), '<!doctype html>page')
  writeFileSync(join(dir, 'assets/a.js'), 'let a')
  clock = new FakeClock()
  cancelled = 0
  const service = {
    calls: {
      'host/info': () => ({ version: '1' }),
      'labs/status': () => { throw new Error('no lab') },
    },
    feeds: {
      'labs/progress': async function* () { yield 1; yield 2 },
      'labs/state': async function* (_: unknown, signal: AbortSignal) {
        try {
          yield []
          if (!signal.aborted) await new Promise(resolve => { signal.addEventListener('abort', resolve) })
        } finally {
          cancelled += 1
        }
      },
    },
    errorOf: (error: unknown) => ({ code: 'failed', message: (error as Error).message }),
  } as unknown as ContractService
  gateway = await openGateway({ service, token, pageDir: dir, ticketMs: 1_000, frameBytes: 1_000, clock, log: silentLog })
})
afterEach(async () => {
  await gateway[Symbol.asyncDispose]()
  rmSync(dir, { recursive: true, force: true })
})

function get(path: string, headers: Record<string, string> = {}): Promise<{ code: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: gateway.port, path, headers, agent: false }, response => {
      let text = ''
      response.on('data', chunk => { text += String(chunk) })
      response.on('end', () => { resolve({ code: response.statusCode!, text, headers: response.headers }) })
    })
    sent.on('error', reject)
    sent.end()
  })
}

function connect(headers: Record<string, string>): Promise<WebSocket | number> {
  return new Promise(resolve => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/contract`, { headers })
    socket.on('unexpected-response', (_, response) => { resolve(response.statusCode!) })
    socket.on('open', () => { resolve(socket) })
    socket.on('error', () => {})
  })
}

async function conversation(frames: readonly unknown[], answers: number): Promise<unknown[]> {
  const socket = (await connect({ authorization: `Bearer ${token}` })) as WebSocket
  const got: unknown[] = []
  await new Promise<void>(resolve => {
    socket.on('message', data => {
      got.push(JSON.parse(String(data)))
      if (got.length === answers) resolve()
    })
    socket.on('close', code => { got.push(code); resolve() })
    for (const frame of frames) socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  })
  socket.terminate()
  return got
}

async function cookie(): Promise<string> {
  const opened = await get(new URL(gateway.openingAddress()).pathname + new URL(gateway.openingAddress()).search)
  return String((opened.headers['set-cookie'] as string[])[0]).split(';')[0]!
}

test('GW1 a foreign Host is refused, with and without the token', async () => {
  expect((await get('/', { host: `evil.example:${gateway.port}` })).code).toBe(421)
  expect(await connect({ host: `evil.example:${gateway.port}`, authorization: `Bearer ${token}` })).toBe(421)
  expect(await connect({ host: '127.0.0.1', authorization: `Bearer ${token}` })).toBe(421)
})

test('GW2 a foreign Origin is refused even with the token or the cookie', async () => {
  expect(await connect({ origin: 'http://evil.example', authorization: `Bearer ${token}` })).toBe(403)
  expect(await connect({ origin: 'null', cookie: await cookie() })).toBe(403)
  expect((await get('/', { origin: 'http://127.0.0.1:1', cookie: await cookie() })).code).toBe(403)
})

test('GW3 the contract needs the token, or the cookie and our own Origin', async () => {
  expect(await connect({})).toBe(401)
  expect(await connect({ authorization: 'Bearer wrong' })).toBe(401)
  expect(await connect({ cookie: await cookie() })).toBe(403)
  const socket = await connect({ cookie: await cookie(), origin: `http://127.0.0.1:${gateway.port}` })
  expect(socket).toBeInstanceOf(WebSocket)
  ;(socket as WebSocket).terminate()
})

test('GW5 a ticket opens the page once and within its time, and the cookie is strict', async () => {
  const address = new URL(gateway.openingAddress())
  const opened = await get(address.pathname + address.search)
  expect(opened.code).toBe(303)
  expect(String(opened.headers['set-cookie'])).toMatch(/^kubarium-\d+=.+; Path=\/; HttpOnly; SameSite=Strict$/)
  expect((await get(address.pathname + address.search)).code).toBe(403)
  const late = new URL(gateway.openingAddress())
  await clock.advance(2_000)
  expect((await get(late.pathname + late.search)).code).toBe(403)
})

test('the page needs the cookie, has a strict policy, and nothing outside its folder can be had', async () => {
  expect((await get('/')).code).toBe(401)
  const held = await cookie()
  const page = await get('/labs/default', { cookie: held })
  expect(page).toMatchObject({ code: 200, text: '<!doctype html>page' })
  expect(page.headers['content-security-policy']).toContain("script-src 'self'")
  expect((await get('/assets/a.js', { cookie: held })).headers['cache-control']).toContain('immutable')
  expect((await get('/../package.json', { cookie: held })).code).toBe(404)
  expect((await get('/assets/%2e%2e/secret.txt', { cookie: held })).code).toBe(404)
})

test('a call has one reply, a feed its items and its end, an error its message', async () => {
  expect(await conversation([{ id: 1, call: 'host/info', arguments: {} }], 1)).toEqual([{ id: 1, reply: { version: '1' } }])
  expect(await conversation([{ id: 2, follow: 'labs/progress', arguments: {} }], 3)).toEqual([{ id: 2, item: 1 }, { id: 2, item: 2 }, { id: 2, end: true }])
  expect(await conversation([{ id: 3, call: 'labs/status', arguments: {} }], 1)).toEqual([{ id: 3, error: { code: 'failed', message: 'no lab' } }])
})

test('SE1 what is no frame ends the session, and so does one that is too long', async () => {
  expect(await conversation(['nonsense'], 1)).toEqual([1002])
  expect(await conversation([{ id: 'x', call: 'host/info' }], 1)).toEqual([1002])
  expect(await conversation([{ id: 1, call: 'x'.repeat(2_000) }], 1)).toEqual([1009])
})

test('SE2 a name outside the contract is refused by name', async () => {
  const [answer] = await conversation([{ id: 1, call: 'constructor', arguments: {} }], 1)
  expect(answer).toMatchObject({ id: 1, error: { code: 'unsupported' } })
})

test('SE3 a feed ends when it is cancelled and when the client leaves', async () => {
  expect(await conversation([{ id: 1, follow: 'labs/state', arguments: {} }, { id: 1, cancel: true }], 1)).toHaveLength(1)
  for (let turn = 0; turn < 100 && cancelled === 0; turn++) await new Promise(resolve => setTimeout(resolve, 5))
  expect(cancelled).toBe(1)
})
