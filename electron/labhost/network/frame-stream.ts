/**
 * Ethernet frames over a byte stream, as QEMU's `-netdev stream` speaks it.
 *
 *   uint32 big-endian length | frame        no preamble, no checksum, no virtio-net header
 *
 *   FS1  A frame may be cut anywhere by the stream, several may come in one chunk.
 *   FS2  A length beyond maxFrameBytes means that the two sides have lost each other: it throws, the stream is dead.
 *   FS3  Frames handed out are views of the received chunk where they lie whole in it; who keeps one copies it.
 */
import { NetworkError } from './network-error.ts'

/** An ethernet frame around the largest IPv4 packet, with room for tags. */
export const maxFrameBytes = 65_535 + 64

const headerBytes = 4

export class FrameReader {
  /** Chunks of a frame that is not whole yet; joined only when it is, so that a large frame is copied once. */
  #parts: Buffer[] = []
  #partsBytes = 0
  #wantBytes = headerBytes

  /** Gives every frame that is whole by now. */
  push(chunk: Buffer, onFrame: (frame: Buffer) => void): void {
    this.#parts.push(chunk)
    this.#partsBytes += chunk.length
    if (this.#partsBytes < this.#wantBytes) return
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#partsBytes)
    let at = 0
    this.#wantBytes = headerBytes
    while (bytes.length - at >= headerBytes) {
      const length = bytes.readUInt32BE(at)
      if (length > maxFrameBytes) throw new NetworkError('FrameTooLong', `a frame of ${length} bytes was announced; at most ${maxFrameBytes} can be real`) // FS2
      if (bytes.length - at - headerBytes < length) {
        this.#wantBytes = headerBytes + length
        break
      }
      onFrame(bytes.subarray(at + headerBytes, at + headerBytes + length)) // FS3
      at += headerBytes + length
    }
    const rest = bytes.subarray(at)
    this.#parts = rest.length === 0 ? [] : [rest]
    this.#partsBytes = rest.length
  }
}

export function frameHeader(length: number): Buffer {
  const header = Buffer.allocUnsafe(headerBytes)
  header.writeUInt32BE(length, 0)
  return header
}
