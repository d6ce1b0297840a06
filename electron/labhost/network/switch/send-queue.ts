/**
 * Frames waiting for one port, written in batches.
 *
 *   SQ1  Frames of one turn of the event loop leave in one write: a write per frame costs a third more.
 *   SQ2  At most limitBytes wait, counting what the socket has not taken yet; beyond that frames are dropped, as a real
 *        switch drops them. Without a bound TCP would fill the memory and every ping would stand in the queue.
 *   SQ3  Frames that lay side by side when they came are still one piece and are not copied; small pieces are joined, since
 *        handing one over costs more than copying it.
 */
import { headerBytes } from './frame-stream.ts'

export interface FrameSink {
  /** Bytes accepted earlier that have not left yet. */
  readonly writableLength: number
  write(bytes: Buffer): void
  /** Between these two what is written is held, and leaves together. */
  cork(): void
  uncork(): void
}

interface Piece {
  readonly bytes: Buffer
  readonly from: number
  end: number
}

/** A piece of at least so many bytes is not copied. */
const wholePieceBytes = 4_096

export class SendQueue {
  readonly #limitBytes: number
  #waiting: Piece[] = []
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

  /** The frame lies in bytes from at to end, its length before it. False when it was dropped. */
  push(bytes: Buffer, at: number, end: number): boolean {
    const sink = this.#sink
    const from = at - headerBytes
    if (sink === undefined || this.#waitingBytes + sink.writableLength + end - from > this.#limitBytes) return false // SQ2
    const last = this.#waiting.at(-1)
    if (last !== undefined && last.bytes === bytes && last.end === from) last.end = end // SQ3
    else this.#waiting.push({ bytes, from, end })
    this.#waitingBytes += end - from
    if (!this.#flushPlanned) {
      this.#flushPlanned = true
      setImmediate(() => { this.#flush() })
    }
    return true
  }

  #flush(): void {
    this.#flushPlanned = false
    const [pieces, sink] = [this.#waiting, this.#sink]
    if (sink === undefined || pieces.length === 0) return
    this.#waiting = []
    this.#waitingBytes = 0
    if (pieces.length === 1) {
      sink.write(pieces[0]!.bytes.subarray(pieces[0]!.from, pieces[0]!.end))
      return
    }
    sink.cork()
    for (let index = 0; index < pieces.length;) {
      const small = countSmall(pieces, index)
      sink.write(small > 1 ? joined(pieces, index, index + small) : pieces[index]!.bytes.subarray(pieces[index]!.from, pieces[index]!.end))
      index += Math.max(1, small)
    }
    sink.uncork()
  }
}

function countSmall(pieces: readonly Piece[], from: number): number {
  let index = from
  while (index < pieces.length && pieces[index]!.end - pieces[index]!.from < wholePieceBytes) index++
  return index - from
}

function joined(pieces: readonly Piece[], from: number, end: number): Buffer {
  let length = 0
  for (let index = from; index < end; index++) length += pieces[index]!.end - pieces[index]!.from
  const bytes = Buffer.allocUnsafe(length)
  let at = 0
  for (let index = from; index < end; index++) {
    const piece = pieces[index]!
    at += piece.bytes.copy(bytes, at, piece.from, piece.end)
  }
  return bytes
}
