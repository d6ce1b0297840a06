/**
 * Keeps a loop in the wiring from filling the LAN. Two ports that lead to each other send every frame back, so the switch
 * hears the same source now here, now there; a broadcast then goes round for ever.
 *
 *   LG1  A MAC that changes its port more than `moves` times within windowMs closes the port that it moved to last.
 *   LG2  A closed port neither gives nor gets frames for closedMs; then it is tried again.
 *   LG3  A machine that moves once, or a few times, is none of this.
 */
export interface LoopGuardOptions {
  readonly moves?: number
  readonly windowMs?: number
  readonly closedMs?: number
}

interface Moves {
  since: number
  count: number
}

export class LoopGuard<Port> {
  readonly #limit: number
  readonly #windowMs: number
  readonly #closedMs: number
  readonly #moves = new Map<number, Moves>()
  readonly #closedUntil = new Map<Port, number>()
  #closings = 0

  constructor(options: LoopGuardOptions = {}) {
    this.#limit = options.moves ?? 8
    this.#windowMs = options.windowMs ?? 1_000
    this.#closedMs = options.closedMs ?? 10_000
  }

  /** How often a port was closed. */
  get closings(): number {
    return this.#closings
  }

  /** Told of every MAC that is heard on another port than before. */
  moved(mac: number, to: Port, now: number): void {
    const known = this.#moves.get(mac)
    if (known === undefined || now - known.since > this.#windowMs) {
      if (known === undefined && this.#moves.size >= 1_024) this.#moves.clear()
      this.#moves.set(mac, { since: now, count: 1 })
      return
    }
    known.count++
    if (known.count <= this.#limit) return
    this.#moves.delete(mac)
    this.#closedUntil.set(to, now + this.#closedMs)
    this.#closings++
  }

  isClosed(port: Port, now: number): boolean {
    if (this.#closedUntil.size === 0) return false
    const until = this.#closedUntil.get(port)
    if (until === undefined) return false
    if (now < until) return true
    this.#closedUntil.delete(port) // LG2
    return false
  }

  forgetPort(port: Port): void {
    this.#closedUntil.delete(port)
  }
}
