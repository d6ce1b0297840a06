/**
 * WorkQueue: keys that wait to be worked on, with client-go's guarantees.
 *
 *   WQ1  A key waits at most once, however often it is added.
 *   WQ2  A key is never worked on twice at the same time; added meanwhile, it waits again when its worker is done.
 *   WQ3  addRateLimited waits 5 ms, doubling with each failure of that key up to 60 s (client-go: 1000 s, too long for a
 *        lab whose store was just brought back); forget starts over.
 *   WQ4  addAfter keeps the earliest time asked for; a plain add overtakes it.
 *   WQ5  While spans are recorded, waiting is one, linked to every span within which the key was added.
 *
 *   added ──► waiting ──next()──► active ──done()──► gone, or waiting again if added meanwhile
 */
import type { Clock } from '../base/clock.ts'
import { spans } from '../base/spans.ts'
import type { SpanContext } from '../base/spans.ts'
import type { ObjectKey } from './object-key.ts'
import { keyText } from './object-key.ts'
import type { Metrics } from './metrics.ts'
import { noMetrics } from './metrics.ts'

export interface WorkQueueOptions {
  readonly name: string
  readonly clock: Clock
  readonly metrics?: Metrics
  readonly firstRetryMs?: number
  readonly maxRetryMs?: number
}

interface Waiting<K> {
  readonly key: K
  readonly since: number
  causes: string[]
  /** WQ5 */
  wokenBy?: SpanContext[]
  /** Unix milliseconds. */
  sinceUnixMs?: number
}

const mostCauses = 5
const secondsBuckets = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1_000]

export class WorkQueue<K> {
  readonly #name: string
  readonly #clock: Clock
  readonly #firstRetryMs: number
  readonly #maxRetryMs: number
  readonly #waiting = new Map<string, Waiting<K>>()
  readonly #active = new Map<string, { readonly key: K; readonly since: number; readonly causes: readonly string[]; readonly span?: SpanContext; again?: Waiting<K> }>()
  readonly #delayed = new Map<string, { readonly key: K; readonly dueAt: number; readonly timer: Disposable; readonly cause: string }>()
  readonly #failures = new Map<string, number>()
  readonly #takers: { readonly take: (key: K) => void; readonly cancel: () => void }[] = []
  readonly #measure: QueueMeasures

  constructor(options: WorkQueueOptions) {
    this.#name = options.name
    this.#clock = options.clock
    this.#firstRetryMs = options.firstRetryMs ?? 5
    this.#maxRetryMs = options.maxRetryMs ?? 60_000
    this.#measure = queueMeasures(options.name, options.metrics ?? noMetrics, {
      depth: () => this.#waiting.size,
      unfinishedSeconds: () => this.active.map(({ forMs }) => forMs / 1_000),
    })
  }

  /** Waiting keys; neither the delayed nor the active ones. */
  get size(): number {
    return this.#waiting.size
  }

  get delayed(): readonly { readonly key: K; readonly inMs: number; readonly cause: string }[] {
    return [...this.#delayed.values()].map(({ key, dueAt, cause }) => ({ key, inMs: Math.max(0, dueAt - this.#clock.monotonic()), cause }))
  }

  get active(): readonly { readonly key: K; readonly forMs: number }[] {
    return [...this.#active.values()].map(({ key, since }) => ({ key, forMs: this.#clock.monotonic() - since }))
  }

  get waiting(): readonly { readonly key: K; readonly forMs: number; readonly causes: readonly string[] }[] {
    return [...this.#waiting.values()].map(({ key, since, causes }) => ({ key, forMs: this.#clock.monotonic() - since, causes }))
  }

  /** The cause is kept for inspection only. */
  add(key: K, cause = 'added'): void {
    const id = identity(key)
    this.#measure.added()
    this.#delayed.get(id)?.timer[Symbol.dispose]() // WQ4
    this.#delayed.delete(id)
    const active = this.#active.get(id)
    if (active !== undefined) { // WQ2
      active.again ??= { key, since: this.#clock.monotonic(), causes: [] }
      remember(active.again.causes, cause)
      if (spans.on) noteWaker(active.again)
      return
    }
    const waiting = this.#waiting.get(id) ?? { key, since: this.#clock.monotonic(), causes: [] } // WQ1
    remember(waiting.causes, cause)
    if (spans.on) noteWaker(waiting)
    this.#waiting.set(id, waiting)
    this.#serve()
  }

  addAfter(key: K, delayMs: number, cause = 'time had come'): void {
    if (delayMs <= 0) {
      this.add(key, cause)
      return
    }
    const id = identity(key)
    const dueAt = this.#clock.monotonic() + delayMs
    const before = this.#delayed.get(id)
    if (before !== undefined && before.dueAt <= dueAt) return // WQ4
    before?.timer[Symbol.dispose]()
    const timer = this.#clock.after(delayMs, () => {
      this.#delayed.delete(id)
      this.add(key, cause)
    })
    this.#delayed.set(id, { key, dueAt, timer, cause })
  }

  /** Returns the delay chosen. */
  addRateLimited(key: K, cause = 'retry'): number {
    const failures = this.failures(key) + 1
    this.#failures.set(identity(key), failures)
    this.#measure.retried()
    const delayMs = Math.min(this.#maxRetryMs, this.#firstRetryMs * 2 ** (failures - 1)) // WQ3
    this.addAfter(key, delayMs, cause)
    return delayMs
  }

  forget(key: K): void {
    this.#failures.delete(identity(key))
  }

  failures(key: K): number {
    return this.#failures.get(identity(key)) ?? 0
  }

  /** Why the active key was added. */
  causes(key: K): readonly string[] {
    return this.#active.get(identity(key))?.causes ?? []
  }

  /** The span of the active key's waiting (WQ5). */
  spanOf(key: K): SpanContext | undefined {
    return this.#active.get(identity(key))?.span
  }

  /** Waits for a key; rejects with the signal's reason. Whoever gets it must call done. */
  next(signal: AbortSignal): Promise<K> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error)
        return
      }
      const onAbort = (): void => {
        this.#takers.splice(this.#takers.indexOf(taker), 1)
        reject(signal.reason as Error)
      }
      const taker = {
        take: (key: K): void => {
          signal.removeEventListener('abort', onAbort)
          resolve(key)
        },
        cancel: onAbort,
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#takers.push(taker)
      this.#serve()
    })
  }

  done(key: K): void {
    const id = identity(key)
    const active = this.#active.get(id)
    if (active === undefined) return
    this.#active.delete(id)
    this.#measure.worked((this.#clock.monotonic() - active.since) / 1_000)
    if (active.again !== undefined) {
      this.#waiting.set(id, active.again)
      this.#serve()
    }
  }

  /** Drops all that waits and cancels the timers. */
  clear(): void {
    for (const { timer } of this.#delayed.values()) timer[Symbol.dispose]()
    this.#delayed.clear()
    this.#waiting.clear()
    this.#failures.clear()
  }

  #waitingSpan(id: string, { wokenBy = [], sinceUnixMs, causes }: Waiting<K>): SpanContext {
    return spans.add({
      name: 'queue', parent: wokenBy[0] ?? null, links: wokenBy, ...(sinceUnixMs === undefined ? {} : { startMs: sinceUnixMs }),
      attributes: { 'queue.name': this.#name, 'queue.key': id, 'queue.causes': causes },
    })
  }

  #serve(): void {
    while (this.#takers.length > 0 && this.#waiting.size > 0) {
      const [id, waiting] = this.#waiting.entries().next().value!
      this.#waiting.delete(id)
      const now = this.#clock.monotonic()
      this.#active.set(id, { key: waiting.key, since: now, causes: waiting.causes, ...(spans.on ? { span: this.#waitingSpan(id, waiting) } : {}) })
      this.#measure.waited((now - waiting.since) / 1_000)
      this.#takers.shift()!.take(waiting.key)
    }
  }
}

function identity(key: unknown): string {
  if (typeof key === 'string') return key
  if (typeof key === 'object' && key !== null && 'name' in key) return keyText(key as ObjectKey)
  return JSON.stringify(key)
}

function noteWaker(waiting: Waiting<unknown>): void {
  waiting.sinceUnixMs ??= spans.now()
  const waker = spans.current()
  if (waker !== undefined && (waiting.wokenBy ??= []).length < mostCauses) waiting.wokenBy.push(waker)
}

function remember(causes: string[], cause: string): void {
  if (causes.length < mostCauses && !causes.includes(cause)) causes.push(cause)
}

interface QueueMeasures {
  added(): void
  retried(): void
  waited(seconds: number): void
  worked(seconds: number): void
}

function queueMeasures(name: string, metrics: Metrics, read: { depth: () => number; unfinishedSeconds: () => readonly number[] }): QueueMeasures {
  const labels = ['name']
  const value = { name }
  const adds = metrics.counter({ name: 'workqueue_adds_total', help: 'Keys added to the queue.', labels })
  const retries = metrics.counter({ name: 'workqueue_retries_total', help: 'Keys added again after a failure.', labels })
  const wait = metrics.histogram({ name: 'workqueue_queue_duration_seconds', help: 'Time a key waits, in seconds.', labels, buckets: secondsBuckets })
  const work = metrics.histogram({ name: 'workqueue_work_duration_seconds', help: 'Time a key is worked on, in seconds.', labels, buckets: secondsBuckets })
  const gauges = queueGauges(metrics)
  gauges.push({ name, ...read })
  return {
    added: () => { adds.add(1, value) },
    retried: () => { retries.add(1, value) },
    waited: seconds => { wait.observe(seconds, value) },
    worked: seconds => { work.observe(seconds, value) },
  }
}

interface QueueGauges {
  readonly name: string
  readonly depth: () => number
  readonly unfinishedSeconds: () => readonly number[]
}

const gaugesOf = new WeakMap<Metrics, QueueGauges[]>()

function queueGauges(metrics: Metrics): QueueGauges[] {
  const known = gaugesOf.get(metrics)
  if (known !== undefined) return metrics === noMetrics ? [] : known
  const queues: QueueGauges[] = []
  gaugesOf.set(metrics, queues)
  const each = (value: (queue: QueueGauges) => number) => () => queues.map(queue => ({ labels: { name: queue.name }, value: value(queue) }))
  metrics.observed({ name: 'workqueue_depth', help: 'Keys waiting.', labels: ['name'] }, each(queue => queue.depth()))
  metrics.observed({ name: 'workqueue_unfinished_work_seconds', help: 'Seconds of work in progress.', labels: ['name'] }, each(queue => queue.unfinishedSeconds().reduce((sum, one) => sum + one, 0)))
  metrics.observed({ name: 'workqueue_longest_running_processor_seconds', help: 'Seconds the longest running worker is at it.', labels: ['name'] }, each(queue => Math.max(0, ...queue.unfinishedSeconds())))
  return queues
}
