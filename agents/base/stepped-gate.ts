/**
 * Holds a loop on purpose: while it is paused nothing passes but what a step lets through.
 *
 *   SG1  Steps add up while it is paused, and are forgotten when it goes on.
 *   SG2  Who waits is let go by resume, by a step, and by the end of its signal; nothing is kept of a wait that is over.
 */
export class SteppedGate {
  #isPaused = false
  #steps = 0
  readonly #waiting = new Set<() => void>()

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Whether the next one has to wait. */
  get isHeld(): boolean {
    return this.#isPaused && this.#steps === 0
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#steps = 0
    this.#letGo()
  }

  /** While paused: lets one more through. */
  step(): void {
    if (!this.#isPaused) return
    this.#steps++
    this.#letGo()
  }

  /** Resolves when one may pass, or when the signal has aborted. */
  async opened(signal: AbortSignal): Promise<void> {
    while (this.isHeld && !signal.aborted) { // SG2
      const { promise, resolve } = Promise.withResolvers<void>()
      const letGo = () => { resolve() }
      this.#waiting.add(letGo)
      signal.addEventListener('abort', letGo, { once: true })
      await promise
      signal.removeEventListener('abort', letGo)
      this.#waiting.delete(letGo)
    }
  }

  /** One has passed. */
  passed(): void {
    if (this.#steps > 0) this.#steps--
  }

  #letGo(): void {
    for (const letGo of this.#waiting) letGo()
  }
}
