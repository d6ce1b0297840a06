import { describe, expect, it } from 'vitest'
import { FakeClock } from '../base/fake-clock.ts'
import { WorkQueue } from './work-queue.ts'

const never = new AbortController().signal

describe('WorkQueue', () => {
  it('WQ1: a key waits once, however often it is added', async () => {
    const queue = new WorkQueue<string>({ name: 'test', clock: new FakeClock() })
    queue.add('a')
    queue.add('b')
    queue.add('a')
    expect(queue.size).toBe(2)
    expect([await queue.next(never), await queue.next(never)]).toEqual(['a', 'b'])
  })

  it('WQ2: a key added while it is worked on waits until its worker is done', async () => {
    const queue = new WorkQueue<string>({ name: 'test', clock: new FakeClock() })
    queue.add('a', 'first')
    await queue.next(never)
    queue.add('a', 'second')
    queue.add('a', 'third')
    expect(queue.size).toBe(0)
    queue.done('a')
    expect(queue.size).toBe(1)
    await queue.next(never)
    expect(queue.causes('a')).toEqual(['second', 'third'])
    queue.done('a')
    expect(queue.size).toBe(0)
  })

  it('WQ3: retries wait twice as long each time, up to a limit, and forget starts over', async () => {
    const clock = new FakeClock()
    const queue = new WorkQueue<string>({ name: 'test', clock, firstRetryMs: 10, maxRetryMs: 35 })
    expect([1, 2, 3, 4].map(() => queue.addRateLimited('a'))).toEqual([10, 20, 35, 35])
    queue.forget('a')
    expect(queue.addRateLimited('a')).toBe(10)
    await clock.advance(9)
    expect(queue.size).toBe(0)
    await clock.advance(1)
    expect(queue.size).toBe(1)
  })

  it('WQ4: the earliest delay wins and a plain add overtakes it', async () => {
    const clock = new FakeClock()
    const queue = new WorkQueue<string>({ name: 'test', clock })
    queue.addAfter('a', 100)
    queue.addAfter('a', 50)
    queue.addAfter('a', 80)
    expect(clock.pendingTimers).toBe(1)
    await clock.advance(50)
    expect(queue.size).toBe(1)
    queue.addAfter('b', 100)
    queue.add('b')
    expect(clock.pendingTimers).toBe(0)
  })

  it('ends the wait of a taker whose signal aborts, without losing a key', async () => {
    const queue = new WorkQueue<string>({ name: 'test', clock: new FakeClock() })
    const abort = new AbortController()
    const taken = queue.next(abort.signal)
    abort.abort(new Error('over'))
    await expect(taken).rejects.toThrow('over')
    queue.add('a')
    expect(await queue.next(never)).toBe('a')
  })
})
