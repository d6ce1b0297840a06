/**
 * Two-way byte pipes and back-pressure, without saying what carries them.
 *
 * Whoever receives a chunk calls its `consumed` once the bytes have gone on; while more than the high mark is waiting the
 * carrier is paused. Whoever sends awaits `drained()` between chunks. So one slow reader stops the fast writer at the far
 * end, and nothing is buffered without bound.
 */
export interface ByteCarrier {
  /** Queues bytes; never throws for a carrier that has gone away. */
  write(bytes: Uint8Array): void
  /** Resolves when the queue is short again, or when the carrier is gone. */
  drained(): Promise<void>
  pause(): void
  resume(): void
  /** Sends what is queued, then closes. */
  end(): void
}

export type ChunkListener = (chunk: Uint8Array, consumed: () => void) => void

/** Counts received bytes that nobody has taken on yet, and pauses the carrier while they are too many. */
export class ReceiveWindow {
  readonly #carrier: Pick<ByteCarrier, 'pause' | 'resume'>
  readonly #highBytes: number
  #waiting = 0
  #paused = false

  constructor(carrier: Pick<ByteCarrier, 'pause' | 'resume'>, highBytes = 256 * 1024) {
    this.#carrier = carrier
    this.#highBytes = highBytes
  }

  /** Notes a chunk; the returned callback says it has been taken on (calling it twice is harmless). */
  take(sizeBytes: number): () => void {
    this.#waiting += sizeBytes
    if (!this.#paused && this.#waiting > this.#highBytes) {
      this.#paused = true
      this.#carrier.pause()
    }
    let open = true
    return () => {
      if (!open) return
      open = false
      this.#waiting -= sizeBytes
      if (this.#paused && this.#waiting <= this.#highBytes / 4) {
        this.#paused = false
        this.#carrier.resume()
      }
    }
  }

  get waitingBytes(): number {
    return this.#waiting
  }
}
