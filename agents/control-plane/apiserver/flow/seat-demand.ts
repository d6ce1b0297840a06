/**
 * How many seats a priority level could use over a period: what runs and what waits, weighted by time.
 *
 *   SD1  `take` ends a period and starts the next with the present demand.
 *   SD2  The smoothed demand jumps up at once and comes down with a half-life of five minutes.
 */
export interface DemandOfPeriod {
  readonly average: number
  readonly deviation: number
  readonly highest: number
}

/** Of the difference that is kept, each adjustment period of ten seconds (SD2). */
const kept = 0.977

export class SeatDemand {
  #now: number
  #value = 0
  #startedMs: number
  #sum = 0
  #sumOfSquares = 0
  #highest = 0
  #smoothed = 0
  #last: DemandOfPeriod = { average: 0, deviation: 0, highest: 0 }

  constructor(nowMs: number) {
    this.#now = nowMs
    this.#startedMs = nowMs
  }

  get smoothed(): number {
    return this.#smoothed
  }

  get last(): DemandOfPeriod {
    return this.#last
  }

  set(value: number, nowMs: number): void {
    this.#pass(nowMs)
    this.#value = value
    if (value > this.#highest) this.#highest = value
  }

  take(nowMs: number): DemandOfPeriod {
    this.#pass(nowMs)
    const lengthMs = nowMs - this.#startedMs
    const average = lengthMs <= 0 ? this.#value : this.#sum / lengthMs
    const variance = lengthMs <= 0 ? 0 : this.#sumOfSquares / lengthMs - average * average
    this.#last = { average, deviation: Math.sqrt(Math.max(0, variance)), highest: Math.ceil(this.#highest) }
    const envelope = this.#last.average + this.#last.deviation
    this.#smoothed = Math.max(envelope, kept * this.#smoothed + (1 - kept) * envelope) // SD2
    this.#startedMs = nowMs // SD1
    this.#sum = 0
    this.#sumOfSquares = 0
    this.#highest = this.#value
    return this.#last
  }

  #pass(nowMs: number): void {
    const lengthMs = nowMs - this.#now
    if (lengthMs <= 0) return
    this.#sum += this.#value * lengthMs
    this.#sumOfSquares += this.#value * this.#value * lengthMs
    this.#now = nowMs
  }
}
