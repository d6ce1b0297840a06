/**
 * Frames on their way, given out when they are due.
 *
 *   DL1  Due at the same time means given out in the order in which they came.
 *   DL2  One timer, for the next one; the system's timers are a millisecond coarse, so a frame is late by up to that and
 *        never early.
 *   DL3  What is dropped with the line (`clear`) is not given out.
 */
import type { Clock } from '../../../../agents/base/clock.ts'

interface Waiting<T> {
  readonly dueAt: number
  readonly order: number
  readonly item: T
}

/** Sums of fractions are never exact. */
const roundingMs = 1e-3

export class DelayLine<T> {
  readonly #clock: Clock
  readonly #give: (item: T) => void
  /** A binary heap, the next one first. */
  readonly #heap: Waiting<T>[] = []
  #order = 0
  #timer: Disposable | undefined
  #timerAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock, give: (item: T) => void) {
    this.#clock = clock
    this.#give = give
  }

  get size(): number {
    return this.#heap.length
  }

  /** dueAt: monotonic milliseconds. */
  push(item: T, dueAt: number): void {
    this.#add({ dueAt, order: this.#order++, item })
    this.#arm()
  }

  clear(): void {
    this.#heap.length = 0
    this.#disarm()
  }

  #arm(): void {
    const next = this.#heap[0]
    if (next === undefined || next.dueAt >= this.#timerAt) return
    this.#timer?.[Symbol.dispose]()
    this.#timerAt = next.dueAt
    this.#timer = this.#clock.after(Math.max(0, next.dueAt - this.#clock.monotonic()), () => { this.#fire() })
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #fire(): void {
    this.#disarm()
    const now = this.#clock.monotonic() + roundingMs
    while (this.#heap.length > 0 && this.#heap[0]!.dueAt <= now) this.#give(this.#takeFirst().item)
    this.#arm()
  }

  #add(added: Waiting<T>): void {
    const heap = this.#heap
    let index = heap.push(added) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (isBefore(heap[parent]!, added)) break
      heap[index] = heap[parent]!
      index = parent
    }
    heap[index] = added
  }

  #takeFirst(): Waiting<T> {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++
      if (isBefore(last, heap[child]!)) break
      heap[index] = heap[child]!
      index = child
    }
    heap[index] = last
    return first
  }
}

function isBefore<T>(one: Waiting<T>, other: Waiting<T>): boolean {
  return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.order < other.order)
}
