/**
 * gRPC's framing over HTTP/2: each message is one flag byte (1 = compressed), four bytes of length, then the message.
 * Upstream: grpc/doc/PROTOCOL-HTTP2.md.
 *
 *   GF1  A compressed frame is refused by name: nobody here offers a compression.
 *   GF2  A frame longer than the limit is refused when its length is seen, before its bytes are kept.
 */
import { GrpcError, grpcCode } from './grpc-error.ts'

export const frameHeaderBytes = 5

export function renderFrame(message: Uint8Array): Uint8Array {
  const frame = new Uint8Array(frameHeaderBytes + message.length)
  new DataView(frame.buffer).setUint32(1, message.length)
  frame.set(message, frameHeaderBytes)
  return frame
}

/** Cuts a stream of chunks into messages. */
export class FrameReader {
  readonly #maxMessageBytes: number
  #chunks: Uint8Array[] = []
  #sizeBytes = 0

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes
  }

  /** Bytes of a frame that has not ended yet. */
  get leftoverBytes(): number {
    return this.#sizeBytes
  }

  /** Takes a chunk, returns the messages it completed. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#chunks.push(chunk)
    this.#sizeBytes += chunk.length
    const messages: Uint8Array[] = []
    for (;;) {
      if (this.#sizeBytes < frameHeaderBytes) return messages
      if (this.#chunks[0]!.length < frameHeaderBytes) this.#join()
      const first = this.#chunks[0]!
      if (first[0] !== 0) throw new GrpcError(grpcCode.Unimplemented, 'grpc: compressed messages are not supported')
      const length = ((first[1]! << 24) | (first[2]! << 16) | (first[3]! << 8) | first[4]!) >>> 0
      if (length > this.#maxMessageBytes) {
        throw new GrpcError(grpcCode.ResourceExhausted, `grpc: received message larger than max (${String(length)} vs. ${String(this.#maxMessageBytes)})`)
      }
      const frameBytes = frameHeaderBytes + length
      if (this.#sizeBytes < frameBytes) return messages
      if (first.length < frameBytes) this.#join()
      const whole = this.#chunks[0]!
      messages.push(whole.subarray(frameHeaderBytes, frameBytes))
      this.#sizeBytes -= frameBytes
      if (whole.length === frameBytes) this.#chunks.shift()
      else this.#chunks[0] = whole.subarray(frameBytes)
    }
  }

  #join(): void {
    if (this.#chunks.length === 1) return
    const joined = new Uint8Array(this.#sizeBytes)
    let offset = 0
    for (const chunk of this.#chunks) {
      joined.set(chunk, offset)
      offset += chunk.length
    }
    this.#chunks = [joined]
  }
}

/** grpc-message is percent-encoded: everything but printable ASCII, and the percent sign. */
export function renderGrpcMessage(message: string): string {
  return encodeURIComponent(message).replace(/%(20|2[1-9A-F]|3[A-F]|40|5[B-F]|60|7[B-E])/g, (kept, code: string) => (code === '25' ? kept : String.fromCharCode(parseInt(code, 16))))
}

export function readGrpcMessage(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
