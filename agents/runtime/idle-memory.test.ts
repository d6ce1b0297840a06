import { cachedDataVersionTag } from 'node:v8'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../base/fake-clock.ts'
import { IdleMemory, keepMemoryLow } from './idle-memory.ts'

function subject() {
  const clock = new FakeClock()
  const told: boolean[] = []
  let cpuMs = 0
  const memory = new IdleMemory({ clock, cpuMs: () => cpuMs, economize: on => { told.push(on) } })
  return {
    clock, told, memory,
    /** So many seconds in which the main thread is busy for that share of the time. */
    async spend(seconds: number, share: number) {
      for (let passed = 0; passed < seconds; passed += 0.5) {
        cpuMs += 500 * share
        await clock.advance(500)
      }
    },
  }
}

describe('memory of an idle process', () => {
  it('IM1 IM2 is asked for once work is over, and for a while', async () => {
    const { told, spend } = subject()
    await spend(30, 0.5)
    await spend(4, 0.11)
    expect(told).toEqual([])
    await spend(2, 0.09)
    expect(told).toEqual([true])
    await spend(18, 0.2) // the collections themselves
    expect(told).toEqual([true])
    await spend(2, 0)
    expect(told).toEqual([true, false])
  })

  it('IM3 is left alone as soon as there is work again, and asked for anew after it', async () => {
    const { told, spend } = subject()
    await spend(4, 0)
    await spend(2, 0.9)
    expect(told).toEqual([true, false])
    await spend(4, 0)
    expect(told).toEqual([true, false, true])
  })

  it('IM3 after work that came later too', async () => {
    const { told, spend } = subject()
    await spend(40, 0)
    expect(told).toEqual([true, false])
    await spend(2, 0.5)
    await spend(2, 0)
    expect(told).toEqual([true, false, true])
  })

  it('IM4 is asked for from time to time while there is little to do', async () => {
    const { told, spend } = subject()
    await spend(22 + 120, 0.05)
    expect(told).toEqual([true, false])
    await spend(2, 0.05)
    expect(told).toEqual([true, false, true])
  })

  it('IM5 ends with the process', async () => {
    const { clock, told, memory, spend } = subject()
    await spend(2, 0)
    memory[Symbol.dispose]()
    expect(told).toEqual([true, false])
    expect(clock.pendingTimers).toBe(0)
  })

  it("IM5 leaves V8's flags as they were", async () => {
    const clock = new FakeClock()
    const before = cachedDataVersionTag()
    const memory = keepMemoryLow({ ...clock, now: () => 0, monotonic: () => clock.monotonic() * 1_000, after: (delayMs, callback) => clock.after(delayMs, callback) })
    await clock.advance(2_000) // long enough that a test run's own work is little
    const during = cachedDataVersionTag()
    memory[Symbol.dispose]()
    expect(during).not.toBe(before)
    expect(cachedDataVersionTag()).toBe(before)
  })
})
