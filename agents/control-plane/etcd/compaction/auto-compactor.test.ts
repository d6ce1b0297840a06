import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { silentLog } from '../../../base/log.ts'
import { readDuration } from '../../../base/duration.ts'
import { readRetention, startAutoCompaction } from './auto-compactor.ts'

function growingStore() {
  return {
    revision: 1n,
    compacted: 0n,
    asked: [] as bigint[],
    compact(revision: bigint): Promise<void> {
      this.asked.push(revision)
      this.compacted = revision
      return Promise.resolve()
    },
  }
}

const minuteMs = 60_000

describe('auto-compaction', () => {
  it('AC1 periodic keeps everything of the last period and no more than a tenth beyond', async () => {
    const [clock, store] = [new FakeClock(), growingStore()]
    using _running = startAutoCompaction({ mode: 'periodic', periodMs: 10 * minuteMs }, store, clock, silentLog)
    for (let minute = 1; minute <= 30; minute++) {
      store.revision = BigInt(minute * 100)
      await clock.advance(minuteMs)
      if (minute > 11) expect(store.compacted).toBe(BigInt((minute - 10) * 100))
      if (minute < 10) expect(store.compacted).toBe(0n)
    }
  })

  it('AC2 revision keeps the last so many', async () => {
    const [clock, store] = [new FakeClock(), growingStore()]
    using _running = startAutoCompaction({ mode: 'revision', revisions: 1000n }, store, clock, silentLog)
    store.revision = 900n
    await clock.advance(5 * minuteMs)
    store.revision = 5000n
    await clock.advance(5 * minuteMs)
    await clock.advance(5 * minuteMs)
    expect(store.asked).toEqual([4000n])
  })

  it('AC3 a retention of 0 does nothing, and ending it leaves no timer', async () => {
    const clock = new FakeClock()
    startAutoCompaction({ mode: 'periodic', periodMs: 0 }, growingStore(), clock, silentLog)
    expect(clock.pendingTimers).toBe(0)
    startAutoCompaction({ mode: 'revision', revisions: 5n }, growingStore(), clock, silentLog)[Symbol.dispose]()
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([
    ['periodic', '5m', { mode: 'periodic', periodMs: 5 * minuteMs }], ['periodic', '2', { mode: 'periodic', periodMs: 120 * minuteMs }], ['periodic', '0', { mode: 'periodic', periodMs: 0 }],
    ['revision', '1000', { mode: 'revision', revisions: 1000n }],
  ])('reads --auto-compaction-mode=%s --auto-compaction-retention=%s', (mode, text, retention) => {
    expect(readRetention(mode, text, readDuration)).toEqual(retention)
  })

  it.each([['periodic', '-5m'], ['periodic', 'soon'], ['revision', '5m'], ['weekly', '1']])('refuses %s %s', (mode, text) => {
    expect(() => readRetention(mode, text, readDuration)).toThrow(RangeError)
  })
})
