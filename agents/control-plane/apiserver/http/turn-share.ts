/**
 * How much of a turn of the event loop requests may begin with.
 *
 *   TU1  What arrives in one turn begins at once for 10 ms; the rest waits in line, and each later turn lets some of it begin.
 *   TU2  Who waits in line is not overtaken by what arrives later.
 *   TU3  What its client has given up meanwhile never begins: a stream that is opened and reset at once costs next to nothing.
 */
import { performance } from 'node:perf_hooks'

export interface Beginning {
  /** Whether its client is still there. */
  isWanted(): boolean
  begin(): void
}

const shareMs = 10

export interface TurnClock {
  now(): number
  /** Calls once everything that is due in this turn has happened. */
  nextTurn(call: () => void): void
}

const realTurns: TurnClock = {
  now: () => performance.now(),
  nextTurn: call => {
    setImmediate(call)
  },
}

export class TurnShare {
  readonly #turns: TurnClock
  #line: Beginning[] = []
  #turnBeganMs = 0
  #isInTurn = false

  constructor(turns: TurnClock = realTurns) {
    this.#turns = turns
  }

  /** How many wait in line. */
  get waiting(): number {
    return this.#line.length
  }

  take(what: Beginning): void {
    if (!this.#isInTurn) this.#startTurn()
    if (this.#line.length > 0 || this.#isSpent()) this.#line.push(what) // TU1, TU2
    else what.begin()
  }

  #startTurn(): void {
    this.#isInTurn = true
    this.#turnBeganMs = this.#turns.now()
    this.#turns.nextTurn(() => {
      this.#isInTurn = false
      if (this.#line.length > 0) this.#goOn()
    })
  }

  #isSpent(): boolean {
    return this.#turns.now() - this.#turnBeganMs > shareMs
  }

  #goOn(): void {
    this.#startTurn()
    let at = 0
    for (; at < this.#line.length && !this.#isSpent(); at += 1) {
      const next = this.#line[at]!
      if (next.isWanted()) next.begin() // TU3
    }
    this.#line = this.#line.slice(at)
  }
}
