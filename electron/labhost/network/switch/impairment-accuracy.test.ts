/** Delay and loss on a switch in its thread, by the clock of this machine; what they are by a clock of their own, impaired-link.test.ts shows. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MemoryLog } from '../../../../agents/base/log.ts'
import { systemClock } from '../../../../agents/runtime/system.ts'
import { FakeMachine } from '../testing/fake-machine.ts'
import { SwitchThread } from './switch-thread.ts'

let folder: string
let one: FakeMachine
let two: FakeMachine
let lan: SwitchThread
const link = { from: 'one', to: 'two' }
const frame = 'ffffffffffff5254003000010806'

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubarium-accuracy-'))
  one = new FakeMachine(folder, 'one')
  two = new FakeMachine(folder, 'two')
  await one.listen()
  await two.listen()
  lan = new SwitchThread(systemClock, new MemoryLog())
  lan.attach('one', one.path)
  lan.attach('two', two.path)
  await one.until(() => one.plugged && two.plugged)
})

afterEach(async () => {
  lan.close()
  await one.stop()
  await two.stop()
  rmSync(folder, { recursive: true })
})

/** How long each of so many frames is under way, one after the other: milliseconds, the fastest first. */
async function timesOf(count: number): Promise<readonly number[]> {
  const times: number[] = []
  for (let sent = 0; sent < count; sent++) {
    const before = two.frames.length
    const startedAt = performance.now()
    one.send(frame)
    await two.until(() => two.frames.length > before)
    times.push(two.arrivals[before]! - startedAt)
  }
  return times.sort((a, b) => a - b)
}

const median = (times: readonly number[]) => times[times.length >> 1]!

test('a delay is never too short, and no more than 2 ms longer than it says plus what the switch needs anyway', async () => {
  const bare = await timesOf(30)
  for (const ms of [10, 50]) {
    await lan.impair('user', link, { delay: { ms } })
    const delayed = await timesOf(30)
    expect(delayed[0], `fastest of ${ms} ms`).toBeGreaterThanOrEqual(ms)
    expect(median(delayed), `median of ${ms} ms`).toBeLessThanOrEqual(ms + 2 + median(bare))
  }
})

test('a loss of 10 % takes 9 % to 11 % of 20,000 frames', async () => {
  const many = 20_000
  await lan.impair('user', link, { loss: { model: 'random', percent: 10 } })
  for (let sent = 0; sent < many; sent += 100) one.sendRaw(`0000000e${frame}`.repeat(100))
  const dropped = async () => (await lan.state()).links[0]!.dropped.loss
  await expect.poll(async () => two.frames.length + (await dropped()), { timeout: 20_000 }).toBe(many)
  const lostPercent = ((await dropped()) / many) * 100
  expect(lostPercent).toBeGreaterThan(9)
  expect(lostPercent).toBeLessThan(11)
})
