/**
 * When a refused client should come again. Upstream: apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go.
 *
 *   RA1  One second at first; doubled, at most to 32, when at least three a second were refused over the time it names.
 *   RA2  One less each second in which fewer were refused than it names seconds.
 */
import type { Clock } from '../../../base/clock.ts'

interface Refused {
  readonly second: number
  readonly count: number
}

const mostSeconds = 32

export class RetryAfter {
  readonly #clock: Clock
  #history: Refused[] = []
  #second = 0
  #count = 0
  #seconds = 1
  #raisedAt = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get seconds(): number {
    return this.#seconds
  }

  noteRefused(): void {
    const second = Math.floor(this.#clock.now() / 1000)
    if (second === this.#second) {
      this.#count += 1
      return
    }
    this.#history.push({ second: this.#second, count: this.#count })
    this.#history = this.#history.filter(past => second - past.second <= Math.min(2 * this.#seconds, mostSeconds))
    this.#second = second
    this.#count = 1
    this.#adjust(second)
  }

  #adjust(second: number): void {
    const refused = this.#history.reduce((sum, past) => (second - past.second <= this.#seconds ? sum + past.count : sum), 0)
    if (second - this.#raisedAt >= this.#seconds && refused >= 3 * this.#seconds) { // RA1
      this.#seconds = Math.min(2 * this.#seconds, mostSeconds)
      this.#raisedAt = second
    } else if (refused < this.#seconds && this.#seconds > 1) this.#seconds -= 1 // RA2
  }
}
