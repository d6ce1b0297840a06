/**
 * Gives memory back once the work that needed it is over.
 *
 * V8 has a reducer of its own, which collects and compacts in small steps while a process has little to do. In Node.js it
 * never finds one that has: it takes the rate of an embedder that allocates nothing for a high one (V8 13.6,
 * heap/heap.cc HasLowEmbedderAllocationRate). Told to optimize for size it does not ask; and that can be told at any time.
 *
 *   IM1  A process is quiet when its main thread used less than a tenth of the time between two looks.
 *   IM2  Quiet after work, it is told to economize: long enough for the reducer, which looks every 8 s and runs twice.
 *   IM3  Work ends that within half a second, so that it is as fast as ever; the next quiet begins anew.
 *   IM4  What little work adds up to is looked after every two minutes.
 *   IM5  Afterwards, and at the end of the process, V8's flags are what they were: code that is kept for the next start
 *        counts only for the flags it was compiled with.
 *
 * Tried first: gc() of V8's own extension. It gives back as much, but collects twice in one turn of the event loop: with
 * 10,000 pods that takes 90 ms, where the reducer's longest turn takes 26 to 40.
 */
import { setFlagsFromString } from 'node:v8'
import type { Clock } from '../base/clock.ts'

const lookMs = 2_000
/** While it economizes, so that work is soon noticed (IM3). */
const closeLookMs = 500
const quietShare = 0.1
/** The reducer's own work is not what ends it. */
const workShare = 0.3
const economizeMs = 20_000
const restMs = 120_000

export interface IdleMemoryOptions {
  readonly clock: Clock
  /** Processor time of the main thread so far. */
  readonly cpuMs: () => number
  readonly economize: (on: boolean) => void
}

type State = { readonly is: 'working' } | { readonly is: 'economizing' | 'resting'; readonly sinceMs: number }

export class IdleMemory implements Disposable {
  readonly #options: IdleMemoryOptions
  #state: State = { is: 'working' }
  #seen: { readonly atMs: number; readonly cpuMs: number }
  #timer: Disposable

  constructor(options: IdleMemoryOptions) {
    this.#options = options
    this.#seen = this.#reading()
    this.#timer = this.#nextLook()
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]()
    this.#become({ is: 'working' }) // IM5
  }

  #nextLook(): Disposable {
    return this.#options.clock.after(this.#state.is === 'economizing' ? closeLookMs : lookMs, () => {
      this.#look()
      this.#timer = this.#nextLook()
    })
  }

  #look(): void {
    const seen = this.#reading()
    const share = (seen.cpuMs - this.#seen.cpuMs) / Math.max(1, seen.atMs - this.#seen.atMs)
    this.#seen = seen
    this.#become(nextState(this.#state, share, seen.atMs))
  }

  #become(next: State): void {
    const before = this.#state.is
    this.#state = next
    if ((before === 'economizing') !== (next.is === 'economizing')) this.#options.economize(next.is === 'economizing')
  }

  #reading(): { atMs: number; cpuMs: number } {
    return { atMs: this.#options.clock.monotonic(), cpuMs: this.#options.cpuMs() }
  }
}

function nextState(state: State, share: number, nowMs: number): State {
  switch (state.is) {
    case 'working':
      return share < quietShare ? { is: 'economizing', sinceMs: nowMs } : state // IM1, IM2
    case 'economizing':
      if (share >= workShare) return { is: 'working' } // IM3
      return nowMs - state.sinceMs >= economizeMs ? { is: 'resting', sinceMs: nowMs } : state
    case 'resting':
      return share >= quietShare || nowMs - state.sinceMs >= restMs ? { is: 'working' } : state // IM4
  }
}

/** Of this process. */
export function keepMemoryLow(clock: Clock): IdleMemory {
  return new IdleMemory({
    clock,
    cpuMs: () => {
      const { user, system } = process.threadCpuUsage()
      return (user + system) / 1000
    },
    economize: on => { setFlagsFromString(on ? '--optimize-for-size' : '--no-optimize-for-size') },
  })
}
