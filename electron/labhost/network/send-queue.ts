/**
 * Frames waiting for one port, written in batches.
 *
 *   SQ1  Frames of one turn of the event loop leave in one write: a write per frame costs a third more.
 *   SQ2  At most limitBytes wait, counting what the socket has not taken yet; beyond that frames are dropped, as a real
 *        switch drops them. Without a bound TCP would fill the memory and every ping would stand in the queue.
 */
import { frameHeader } from './frame-stream.ts'

export interface FrameSink {
  /** Bytes accepted earlier that have not left yet. */
  readonly writableLength: number
  write(bytes: Buffer): void
}

export class SendQueue {
  readonly #limitBytes: number
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #flushPlanned = false
  #sink: FrameSink | undefined

  constructor(limitBytes = 4 * 1024 * 1024) {
    this.#limitBytes = limitBytes
  }

  /** Without a sink frames are dropped: nobody is plugged in. */
  connect(sink: FrameSink | undefined): void {
    this.#sink = sink
    this.#waiting = []
    this.#waitingBytes = 0
  }

  /** False when the frame was dropped. */
  push(frame: Buffer): boolean {
    const sink = this.#sink
    if (sink === undefined || this.#waitingBytes + sink.writableLength + frame.length > this.#limitBytes) return false // SQ2
    this.#waiting.push(frameHeader(frame.length), frame)
    this.#waitingBytes += frame.length + 4
    if (!this.#flushPlanned) {
      this.#flushPlanned = true
      setImmediate(() => { this.#flush() })
    }
    return true
  }

  #flush(): void {
    this.#flushPlanned = false
    if (this.#sink === undefined || this.#waiting.length === 0) return
    const batch = Buffer.concat(this.#waiting, this.#waitingBytes)
    this.#waiting = []
    this.#waitingBytes = 0
    this.#sink.write(batch)
  }
}
