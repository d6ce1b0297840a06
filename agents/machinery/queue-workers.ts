/**
 * Works on the keys of a queue, several at once, until the signal ends; then the queue is cleared.
 *
 *   QW1  A key whose work throws comes again by the queue's backoff; one whose work succeeds starts over with its failures.
 *   QW2  What throws because the signal ended is no failure.
 */
import type { WorkQueue } from './work-queue.ts'

export interface QueueWork<K> {
  /** How many keys are worked on at once. */
  readonly workers: number
  readonly work: (key: K, signal: AbortSignal) => Promise<void>
  /** Told after each failure, with how often the key has failed in a row. */
  readonly onFailure: (key: K, error: unknown, failures: number) => void
}

export async function runQueueWorkers<K>(queue: WorkQueue<K>, work: QueueWork<K>, signal: AbortSignal): Promise<void> {
  await Promise.all(Array.from({ length: work.workers }, () => workOn(queue, work, signal)))
  queue.clear()
}

async function workOn<K>(queue: WorkQueue<K>, { work, onFailure }: QueueWork<K>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const key = await queue.next(signal).catch(() => undefined)
    if (key === undefined) return
    try {
      await work(key, signal)
      queue.forget(key)
    } catch (error) {
      if (signal.aborted) return // QW2
      queue.addRateLimited(key) // QW1
      onFailure(key, error, queue.failures(key))
    } finally {
      queue.done(key)
    }
  }
}
