import { expect, it } from 'vitest'
import { FakeClock } from '../base/fake-clock.ts'
import { runQueueWorkers } from './queue-workers.ts'
import { WorkQueue } from './work-queue.ts'

it('QW1: a key whose work fails comes again later, and success starts its failures over', async () => {
  const clock = new FakeClock()
  const queue = new WorkQueue<string>({ name: 'test', clock, firstRetryMs: 10 })
  const ended = new AbortController()
  const told: unknown[] = []
  let refusals = 2
  const work = (key: string) => {
    told.push(key)
    return refusals-- > 0 ? Promise.reject(new Error('refused')) : Promise.resolve()
  }
  const running = runQueueWorkers(queue, { workers: 2, work, onFailure: (_key, error, failures) => { told.push([(error as Error).message, failures]) } }, ended.signal)
  queue.add('a')
  await clock.advance(0)
  expect(told).toEqual(['a', ['refused', 1]])
  await clock.advance(10)
  await clock.advance(20)
  expect(told).toEqual(['a', ['refused', 1], 'a', ['refused', 2], 'a'])
  expect(queue.failures('a')).toBe(0)
  ended.abort()
  await running
})

it('QW2: work that the end of the signal interrupts is no failure, and nothing is left waiting', async () => {
  const clock = new FakeClock()
  const queue = new WorkQueue<string>({ name: 'test', clock })
  const ended = new AbortController()
  const failures: string[] = []
  const work = (_key: string, signal: AbortSignal) => new Promise<void>((_resolve, reject) => { signal.addEventListener('abort', () => { reject(signal.reason as Error) }) })
  const running = runQueueWorkers(queue, { workers: 1, work, onFailure: key => { failures.push(key) } }, ended.signal)
  queue.add('a')
  queue.add('b')
  queue.addAfter('c', 1_000)
  await clock.advance(0)
  ended.abort()
  await running
  expect(failures).toEqual([])
  expect([queue.size, queue.active.length, queue.delayed.length]).toEqual([0, 0, 0])
})
