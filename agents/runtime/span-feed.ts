/**
 * The spans of this process, for whoever reads /debug/inspect/spans[/<cursor>].
 *
 *   SF1  Recording runs only while somebody reads: each reading keeps it on for another minute. So a reader that has died
 *        costs nothing for long, and where nobody reads nothing is recorded.
 *   SF2  An answer is an OTLP export request in JSON, with where to go on reading (`next`), how many spans were lost for
 *        want of room (`lost`), and the process's own time (`nowUnixMs`), by which a reader compares clocks.
 *   SF3  A cursor of another process (it was started afresh) reads from the beginning.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { spans } from '../base/spans.ts'
import type { Attributes, Span, SpanContext, SpanRecorder } from '../base/spans.ts'
import { encodeSpans } from '../wire/otlp/otlp-json.ts'
import type { OtlpTraces } from '../wire/otlp/otlp-json.ts'

export const spanSubject = 'spans'

const keepOnMs = 60_000
const mostKept = 20_000
const mostAnswered = 4_000

export interface SpanAnswer extends OtlpTraces {
  readonly next: string
  readonly lost: number
  readonly nowUnixMs: number
}

export interface SpanFeedOptions {
  readonly resource: Attributes
  readonly clock: Clock
  readonly recorder?: SpanRecorder
}

export class SpanFeed implements Disposable {
  readonly #options: SpanFeedOptions
  readonly #recorder: SpanRecorder
  readonly #scope = new AsyncLocalStorage<SpanContext>()
  readonly #process = randomBytes(4).toString('hex')
  #kept: Span[] = []
  /** How many spans came before the first kept one. */
  #before = 0
  #onUntil = 0
  #timer: Disposable | undefined

  constructor(options: SpanFeedOptions) {
    this.#options = options
    this.#recorder = options.recorder ?? spans
  }

  read(cursor: string | undefined): SpanAnswer {
    this.#keepOn()
    const [process, place] = (cursor ?? '').split('-')
    const from = process === this.#process ? Number(place) : 0 // SF3
    const skip = Math.max(0, from - this.#before)
    const answered = this.#kept.slice(skip, skip + mostAnswered)
    const lost = Math.max(0, this.#before - from)
    const next = Math.max(from, this.#before) + answered.length
    this.#forget(next)
    return {
      ...encodeSpans({ resource: this.#options.resource, spans: answered }),
      next: `${this.#process}-${next}`, lost, nowUnixMs: now(),
    }
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#recorder.stop()
    this.#before += this.#kept.length
    this.#kept = []
  }

  /** SF1 */
  #keepOn(): void {
    this.#onUntil = this.#options.clock.monotonic() + keepOnMs
    if (this.#timer !== undefined) return
    this.#recorder.start({
      now, hex: digits => randomBytes(digits / 2).toString('hex'),
      keep: span => { this.#keep(span) },
      current: () => this.#scope.getStore(),
      within: (context, work) => this.#scope.run(context, work),
    })
    this.#watchTheTime()
  }

  #watchTheTime(): void {
    this.#timer = this.#options.clock.after(Math.max(0, this.#onUntil - this.#options.clock.monotonic()), () => {
      if (this.#options.clock.monotonic() < this.#onUntil) this.#watchTheTime()
      else this[Symbol.dispose]()
    })
  }

  #keep(span: Span): void {
    this.#kept.push(span)
    if (this.#kept.length >= mostKept * 1.25) this.#forget(this.#before + this.#kept.length - mostKept)
  }

  #forget(upTo: number): void {
    const count = upTo - this.#before
    if (count <= 0) return
    this.#kept = this.#kept.slice(count)
    this.#before = upTo
  }
}

/** performance.now() alone has fractions; its origin is the Unix time at which the process began. */
function now(): number {
  return performance.timeOrigin + performance.now()
}
