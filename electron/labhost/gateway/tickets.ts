/** One-time addresses: each opens the page once, within its time. What is kept is a digest, not the ticket. */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock } from '../../../agents/base/clock.ts'

export class Tickets {
  readonly #clock: Clock
  readonly #lifeMs: number
  readonly #open = new Map<string, number>()

  constructor(clock: Clock, lifeMs: number) {
    this.#clock = clock
    this.#lifeMs = lifeMs
  }

  issue(): string {
    const now = this.#clock.monotonic()
    for (const [digest, endsAt] of this.#open) if (endsAt <= now) this.#open.delete(digest)
    const ticket = randomBytes(32).toString('base64url')
    this.#open.set(digestOf(ticket), now + this.#lifeMs)
    return ticket
  }

  redeem(ticket: string): boolean {
    const digest = digestOf(ticket)
    const endsAt = this.#open.get(digest)
    this.#open.delete(digest)
    return endsAt !== undefined && endsAt > this.#clock.monotonic()
  }
}

function digestOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex')
}
