import type { Clock } from './clock.ts'

/** A clock that stands still until a test moves it; timers fire in order of their due time while it is moved. */
export class FakeClock implements Clock {
  #now: number
  readonly #start: number
  readonly #timers = new Set<{ dueAt: number; order: number; callback: () => void }>()
  #order = 0

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs
    this.#start = startMs
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  after(delayMs: number, callback: () => void): Disposable {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), order: this.#order++, callback }
    this.#timers.add(timer)
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) }
  }

  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Moves time forward, firing due timers and letting promise callbacks run between them. */
  async advance(byMs: number): Promise<void> {
    const until = this.#now + byMs
    for (;;) {
      await settle()
      const next = [...this.#timers].filter(timer => timer.dueAt <= until).sort((a, b) => a.dueAt - b.dueAt || a.order - b.order)[0]
      if (next === undefined) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.dueAt)
      next.callback()
    }
    this.#now = until
    await settle()
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve()
}
