import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../base/fake-clock.ts'
import { type FaultPoint, FaultPoints } from '../base/fault-points.ts'
import { silentLog } from '../base/log.ts'
import { FaultApi } from './fault-api.ts'
import { faultyClock } from './fault-clock.ts'

let clock: FakeClock
let points: FaultPoints
let point: FaultPoint
let folder: string
let server: Server
beforeEach(async () => {
  clock = new FakeClock()
  points = new FaultPoints()
  point = points.define({ name: 'room.place', help: 'What passes.', attributes: ['name'], effects: ['drop'] })
  points.begin({ clock, random: { next: () => 0 }, crash() {} })
  folder = mkdtempSync(join(tmpdir(), 'fault-api-'))
  writeFileSync(join(folder, 'token'), 'secret\n')
  const api = new FaultApi({ points, tokenFile: join(folder, 'token'), clock, log: silentLog })
  server = createServer((request, response) => { void api.answer(request, response) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
})
afterEach(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

async function ask(method: string, id = '', body?: unknown, token = 'secret'): Promise<{ readonly code: number; readonly body: never }> {
  const reply = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/debug/faults${id}`, { method, headers: { 'x-fault-token': token }, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) })
  return { code: reply.status, body: (await reply.json()) as never }
}

const rule = { point: 'room.place', effect: 'drop', match: { name: 'web' }, forMs: 5_000 }

test('FI2 nothing is told or done without the token of the file, as it is now', async () => {
  for (const method of ['GET', 'PUT', 'DELETE']) expect((await ask(method, '/a', undefined, 'wrong')).code, method).toBe(403)
  writeFileSync(join(folder, 'token'), 'other')
  expect((await ask('GET')).code).toBe(403)
  expect((await ask('GET', '', undefined, 'other')).code).toBe(200)
  writeFileSync(join(folder, 'token'), '')
  expect((await ask('GET', '', undefined, '')).code).toBe(403)
})

test('FI3 rules are set, told, prolonged and ended, one or all', async () => {
  expect(await ask('PUT', '/a', rule)).toMatchObject({ code: 200, body: { id: 'a', leftMs: 5_000, hits: 0 } })
  await clock.advance(4_000)
  expect(point.rules).toHaveLength(1)
  await ask('PUT', '/a', rule)
  expect((await ask('GET')).body).toMatchObject({ points: [{ name: 'room.place' }], rules: [{ id: 'a', leftMs: 5_000 }] })
  await ask('PUT', '/b', rule)
  expect((await ask('DELETE', '/a')).body).toMatchObject({ rules: [{ id: 'b' }] })
  expect((await ask('DELETE', '/a')).code).toBe(200)
  expect((await ask('DELETE')).body).toEqual({ rules: [] })
  expect(point.rules).toBeUndefined()
})

test('what is no rule is refused by name, and changes nothing', async () => {
  for (const [body, error] of [
    [{ ...rule, colour: 'red' }, 'a rule has no field "colour"; it has point, effect, match, percent, parameters, forMs'],
    [{ effect: 'drop', forMs: 1 }, 'a rule names its point and its effect'],
    [{ ...rule, forMs: undefined }, 'percent and forMs are numbers, and forMs must be given'],
    [{ ...rule, match: { name: 1 } }, 'match is an object of texts'],
    [{ ...rule, point: 'nowhere' }, 'there is no fault point "nowhere" here; there are room.place'],
    [{ ...rule, effect: 'toString' }, 'room.place has no effect "toString"; it has drop'],
  ] as const) expect(await ask('PUT', '/a', body)).toEqual({ code: 400, body: { error } })
  expect((await ask('PUT', '/a', '{')).code).toBe(400)
  expect((await ask('POST', '/a', rule)).code).toBe(405)
  expect(points.rules).toEqual([])
})

test('a wall clock is off while a rule says so', async () => {
  const { faultPoints } = await import('../base/fault-points.ts')
  using _begun = faultPoints.begin({ clock, random: { next: () => 0 }, crash() {} })
  const faulty = faultyClock(clock)
  const order = { id: 'a', point: 'process.clock', match: {}, percent: 100 }
  faultPoints.set({ ...order, effect: 'change', parameters: { value: '-60000' } }, 1_000)
  expect(faulty.now()).toBe(clock.now() - 60_000)
  faultPoints.remove('a')
  faultPoints.set({ ...order, effect: 'hold', parameters: {} }, 10_000)
  const stood = faulty.now()
  await clock.advance(5_000)
  expect(faulty.now()).toBe(stood)
  await clock.advance(5_000)
  expect(faulty.now()).toBe(clock.now())
})
