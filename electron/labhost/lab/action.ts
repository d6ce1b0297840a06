/**
 * A long action (up, down, delete …) and its story, which any number of clients may follow from the beginning.
 *
 *   AC1  Every follower gets every step from the first, whenever it joins; a long run of updates of one step may be
 *        shortened to its latest.
 *   AC2  The last item of a failed action has state `failed` and the reason as text; a follower then sees the end.
 */
import type { Clock } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { ProgressItem } from '../../contract/labs.ts'
import { type ProgressKey, type ProgressValues, progressText } from './progress-texts.ts'

export interface StepReport {
  /** Says how far the step is; `ratio` 0..1 or null where it cannot be known. */
  update(key: ProgressKey, values: ProgressValues, ratio?: number | null): void
}

export class Action {
  readonly id: string
  readonly lab: string
  readonly purpose: string
  readonly #clock: Clock
  readonly #startedAt: number
  #items: ProgressItem[] = []
  #wake = Promise.withResolvers<void>()
  #state: 'running' | 'done' | 'failed' = 'running'
  #error: Error | undefined

  constructor(id: string, lab: string, purpose: string, clock: Clock) {
    this.id = id
    this.lab = lab
    this.purpose = purpose
    this.#clock = clock
    this.#startedAt = clock.monotonic()
  }

  get state(): 'running' | 'done' | 'failed' {
    return this.#state
  }

  get error(): Error | undefined {
    return this.#error
  }

  async step<T>(step: string, key: ProgressKey, values: ProgressValues, run: (report: StepReport) => Promise<T> | T): Promise<T> {
    const startedAt = this.#clock.monotonic()
    const put = (state: ProgressItem['state'], itemKey: ProgressKey, itemValues: ProgressValues, ratio: number | null, text = progressText(itemKey, itemValues)): void => {
      this.#put({ step, key: itemKey, values: itemValues, text, state, ratio, elapsedMs: Math.round(this.#clock.monotonic() - startedAt), startedMs: Math.round(startedAt - this.#startedAt) })
    }
    put('started', key, values, null)
    try {
      const result = await run({ update: (itemKey, itemValues, ratio = null) => { put('running', itemKey, itemValues, ratio) } })
      put('done', key, values, 1)
      return result
    } catch (error) {
      put('failed', key, values, null, `${progressText(key, values)}: ${errorText(error)}`)
      throw error
    }
  }

  finish(key: ProgressKey, values: ProgressValues): void {
    this.#end('done', { step: 'lab', key, values, text: progressText(key, values), state: 'done', ratio: 1, elapsedMs: this.#elapsed(), startedMs: 0 })
  }

  fail(error: unknown): void {
    this.#error = error instanceof Error ? error : new Error(String(error))
    this.#end('failed', { step: 'lab', key: 'lab', values: { lab: this.lab }, text: errorText(error), state: 'failed', ratio: null, elapsedMs: this.#elapsed(), startedMs: 0 }) // AC2
  }

  async *follow(signal?: AbortSignal): AsyncGenerator<ProgressItem> {
    const ended = new Promise<void>(resolve => signal?.addEventListener('abort', () => { resolve() }, { once: true }))
    for (let next = 0; ; ) {
      while (next < this.#items.length) yield this.#items[next++]!
      if (this.#state !== 'running' || signal?.aborted === true) return
      await Promise.race([this.#wake.promise, ended])
    }
  }

  /** Resolves at the end; rejects with the action's error. */
  async finished(): Promise<void> {
    for await (const _ of this.follow());
    if (this.#error !== undefined) throw this.#error
  }

  #end(state: 'done' | 'failed', item: ProgressItem): void {
    this.#state = state
    this.#put(item)
  }

  #elapsed(): number {
    return Math.round(this.#clock.monotonic() - this.#startedAt)
  }

  #put(item: ProgressItem): void {
    this.#items.push(item)
    const wake = this.#wake
    this.#wake = Promise.withResolvers()
    wake.resolve()
  }
}
