/** A line of a certain speed with a queue before it: frames leave one after the other, and what finds the queue full is dropped. */
export interface RateModel {
  readonly megabitsPerSecond: number
  readonly queueKiB: number
}

export class Rate {
  #freeAt = 0

  /** When the last bit of the frame has left, in the clock's milliseconds; undefined when the queue was full. */
  leavesAt({ megabitsPerSecond, queueKiB }: RateModel, bytes: number, now: number): number | undefined {
    const bytesPerMs = (megabitsPerSecond * 1e6) / 8 / 1_000
    const startsAt = Math.max(now, this.#freeAt)
    const queued = (startsAt - now) * bytesPerMs
    if (queued > 0 && queued + bytes > queueKiB * 1_024) return undefined
    this.#freeAt = startsAt + bytes / bytesPerMs
    return this.#freeAt
  }
}
