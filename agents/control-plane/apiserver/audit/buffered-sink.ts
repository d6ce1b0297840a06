/**
 * Events gathered and delivered in batches, so that no request waits for them. Upstream: apiserver/plugin/pkg/audit/buffered.
 *
 *   AB1  A batch goes out when it is full or has waited long enough; batches go in order, one at a time.
 *   AB2  A full buffer refuses the newest event, which is counted and logged; the request goes on.
 *   AB3  Throttling delays batches, by tokens that come back at a rate; what waits meanwhile is the buffer's.
 *   AB4  Ending delivers what has gathered, without waiting for tokens.
 */
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import type { AuditEvent } from './audit-record.ts'
import type { AuditSink } from './audit-sink.ts'
import { TokenBucket } from './token-bucket.ts'

export interface BatchOptions {
  readonly bufferSize: number
  readonly maxBatchSize: number
  readonly maxWaitMs: number
  /** Absent: as fast as they come. */
  readonly throttle?: { readonly perSecond: number; readonly burst: number }
}

export interface Delivery {
  deliver(events: readonly AuditEvent[]): void | Promise<void>
  /** What could not be delivered. */
  onLost(count: number, error: unknown): void
  /** At the end; by default as always. */
  deliverLast?(events: readonly AuditEvent[]): void
  close?(): void
}

export function bufferedSink(delivery: Delivery, options: BatchOptions, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): AuditSink {
  const bucket = options.throttle === undefined ? undefined : new TokenBucket(options.throttle.perSecond, options.throttle.burst, clock.monotonic())
  let waiting: AuditEvent[] = []
  let timer: Disposable | undefined
  let isFlushing = false
  const flush = async () => {
    timer?.[Symbol.dispose]()
    timer = undefined
    if (isFlushing) return
    isFlushing = true
    while (waiting.length > 0 && !signal.aborted) {
      const waitMs = bucket?.take(clock.monotonic()) ?? 0
      if (waitMs > 0) await sleep(clock, waitMs, signal).catch(() => {}) // AB3
      if (signal.aborted) break
      const batch = waiting.slice(0, options.maxBatchSize)
      waiting = waiting.slice(batch.length)
      try {
        await delivery.deliver(batch) // AB1
      } catch (error) {
        delivery.onLost(batch.length, error)
      }
    }
    isFlushing = false
  }
  return {
    write(event) {
      if (waiting.length >= options.bufferSize) throw new Error('audit buffer queue blocked') // AB2
      waiting.push(event)
      timer ??= clock.after(waiting.length >= options.maxBatchSize ? 0 : options.maxWaitMs, () => { void flush() })
      if (waiting.length === options.maxBatchSize && options.maxBatchSize > 1) {
        timer[Symbol.dispose]()
        timer = clock.after(0, () => { void flush() })
      }
    },
    [Symbol.dispose]() {
      timer?.[Symbol.dispose]()
      const last = waiting
      waiting = []
      if (last.length > 0) void (delivery.deliverLast === undefined ? delivery.deliver(last) : delivery.deliverLast(last)) // AB4
      delivery.close?.()
    },
  }
}
