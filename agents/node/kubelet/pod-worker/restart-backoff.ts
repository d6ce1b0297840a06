/**
 * Back-off between restarts of a container, and between pulls of an image: 10 s doubling to 5 min.
 *
 *   RB1  The first failure costs nothing: the second attempt comes at once, the third 10 s after the second failed.
 *   RB2  The delay counts from the moment of the failure.
 *   RB3  A key that has done nothing for twice the longest delay starts over.
 * Upstream: client-go/util/flowcontrol.Backoff.
 */
export class RestartBackoff {
  readonly #firstMs: number
  readonly #maxMs: number
  readonly #entries = new Map<string, { delayMs: number; updatedMs: number }>()

  constructor(firstMs = 10_000, maxMs = 300_000) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
  }

  /** When the next attempt may come, or undefined when it may come now. */
  blockedUntil(key: string, failedAtMs: number, nowMs: number): number | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#isStale(entry, failedAtMs)) return undefined
    const until = failedAtMs + entry.delayMs // RB2
    return nowMs < until ? until : undefined
  }

  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  /** Notes an attempt: the delay that follows it if it fails too. */
  attempted(key: string, nowMs: number): void {
    const entry = this.#entries.get(key)
    const delayMs = entry === undefined || this.#isStale(entry, nowMs) ? this.#firstMs : Math.min(this.#maxMs, entry.delayMs * 2)
    this.#entries.set(key, { delayMs, updatedMs: nowMs })
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  /** Drops keys that RB3 would start over anyway. */
  collect(nowMs: number): void {
    for (const [key, entry] of this.#entries) if (this.#isStale(entry, nowMs)) this.#entries.delete(key)
  }

  #isStale(entry: { readonly updatedMs: number }, atMs: number): boolean {
    return atMs - entry.updatedMs > this.#maxMs * 2 // RB3
  }
}
