/**
 * Values by position, as many as fit in a fixed number of bytes; the oldest go first, and the log answers for them.
 *
 *   VC1  A value whose write has not reached the log yet is never dropped: nobody else has it.
 */
export class ValueCache {
  readonly #values = new Map<number, Uint8Array>()
  readonly #maxBytes: number
  readonly #readLog: (position: number) => Uint8Array
  #sizeBytes = 0
  #writtenPosition = 0

  constructor(maxBytes: number, readLog: (position: number) => Uint8Array) {
    this.#maxBytes = maxBytes
    this.#readLog = readLog
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get(position: number): Uint8Array {
    const cached = this.#values.get(position)
    if (cached !== undefined) return cached
    const value = this.#readLog(position)
    this.add(position, value)
    return value
  }

  add(position: number, value: Uint8Array): void {
    this.#values.set(position, value)
    this.#sizeBytes += value.length
    if (this.#sizeBytes > this.#maxBytes) this.#shrink()
  }

  drop(position: number): void {
    const value = this.#values.get(position)
    if (value === undefined) return
    this.#values.delete(position)
    this.#sizeBytes -= value.length
  }

  /** The log has everything up to this position now. */
  written(position: number): void {
    this.#writtenPosition = Math.max(this.#writtenPosition, position)
  }

  #shrink(): void {
    for (const [position, value] of this.#values) {
      if (this.#sizeBytes <= this.#maxBytes) return
      if (position > this.#writtenPosition) continue // VC1
      this.#values.delete(position)
      this.#sizeBytes -= value.length
    }
  }
}
