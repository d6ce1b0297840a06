import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryLog } from '../../../../agents/base/log.ts'
import { systemClock } from '../../../../agents/runtime/system.ts'
import { PacketReader } from '../capture/packet-reader.ts'
import { FakeMachine } from '../testing/fake-machine.ts'
import { SwitchThread } from './switch-thread.ts'

let folder: string
let one: FakeMachine
let two: FakeMachine
let lan: SwitchThread
const broadcast = 'ffffffffffff5254003000010806'

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-thread-'))
  one = new FakeMachine(folder, 'one')
  two = new FakeMachine(folder, 'two')
  await one.listen()
  await two.listen()
  lan = new SwitchThread(systemClock, new MemoryLog())
})

afterEach(async () => {
  lan.close()
  await one.stop()
  await two.stop()
  rmSync(folder, { recursive: true })
})

async function attach(): Promise<void> {
  lan.attach('one', one.path)
  lan.attach('two', two.path)
  await one.until(() => one.plugged && two.plugged)
}

test('ST1 without a machine there is no thread, and what is wrong with the LAN is remembered for later', async () => {
  await lan.impair('user', { from: 'one', to: 'two' }, { down: true })
  expect((await lan.state()).links).toMatchObject([{ owner: 'user', passed: 0 }])
  await attach()
  one.send(broadcast)
  await expect.poll(async () => (await lan.state()).links[0]!.dropped.down).toBe(1)
  await lan.impair('user', { from: 'one', to: 'two' }, null)
  one.send(broadcast)
  await two.until(() => two.frames.length === 1)
})

test('ST3 a wrong expression changes nothing', async () => {
  await attach()
  await expect(lan.impair('user', { from: 'one', to: '*' }, { block: 'prot 4' })).rejects.toThrow(/"prot"/)
  expect((await lan.state()).links).toEqual([])
})

test('a capture gives what passes until it is ended, and the last piece too', async () => {
  await attach()
  const ending = new AbortController()
  const reader = new PacketReader()
  const seen: string[] = []
  const reading = (async () => {
    for await (const piece of lan.capture({ target: { type: 'node', node: 'two' }, filter: '', snapBytes: 100 }, ending.signal)) seen.push(...reader.read(piece.bytes).map(packet => `${packet.node} ${packet.direction} ${packet.bytes}`))
  })()
  await lan.state() // the capture was asked for before
  one.send(broadcast)
  await two.until(() => two.frames.length === 1)
  ending.abort()
  await reading
  expect(seen).toEqual(['two received 14'])
})
