/**
 * gRPC's message framing: one byte of flags (1 = compressed), four bytes of length, the message.
 *
 *   GF1  Frames may arrive split and joined in any way.
 *   GF2  A compressed frame is refused: no compression was offered.
 *   GF3  A message longer than the limit is refused before it is buffered.
 */
export function encodeGrpcFrame(content: Uint8Array): Uint8Array {
  const frame = new Uint8Array(content.length + 5)
  new DataView(frame.buffer).setUint32(1, content.length)
  frame.set(content, 5)
  return frame
}

export class GrpcFrameReader {
  #pending: Uint8Array = new Uint8Array(0)
  readonly #limitBytes: number

  constructor(limitBytes = 16 * 1024 * 1024) {
    this.#limitBytes = limitBytes
  }

  /** Takes bytes in, gives the messages that are now whole. */
  push(data: Uint8Array): Uint8Array[] {
    this.#pending = this.#pending.length === 0 ? data : joined(this.#pending, data)
    const messages: Uint8Array[] = []
    for (;;) {
      if (this.#pending.length < 5) return messages
      if (this.#pending[0] !== 0) throw new RangeError('a compressed gRPC frame was received')
      const length = new DataView(this.#pending.buffer, this.#pending.byteOffset).getUint32(1)
      if (length > this.#limitBytes) throw new RangeError(`a gRPC message of ${length} bytes is over the limit`)
      if (this.#pending.length < 5 + length) return messages
      messages.push(this.#pending.subarray(5, 5 + length))
      this.#pending = this.#pending.subarray(5 + length)
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}
