/**
 * Ethernet frames over a byte stream, as QEMU's `-netdev stream` speaks it.
 *
 *   uint32 big-endian length | frame        no preamble, no checksum, no virtio-net header
 *
 *   FS1  A frame may be cut anywhere by the stream, several may come in one chunk.
 *   FS2  A length beyond maxFrameBytes means that the two sides have lost each other: it throws, the stream is dead.
 *   FS3  Frames are handed out as places in the received chunk, without copying; who keeps one copies it. Only a frame
 *        that two chunks share is put together anew.
 *   FS4  Its length lies in the bytes before it, as it came: frames that leave in the order in which they arrived leave
 *        as one piece of the chunk.
 */
import { NetworkError } from '../network-error.ts'

/** An ethernet frame around the largest IPv4 packet, with room for tags. */
export const maxFrameBytes = 65_535 + 64

export const headerBytes = 4

/** The frame lies in bytes from `at` to before `end`; its length in the four bytes before (FS4). */
export type TakeFrame = (bytes: Buffer, at: number, end: number) => void

export class FrameReader {
  /** The beginning of a frame that is not whole yet, with its length before it. */
  #cut = Buffer.alloc(0)
  #cutBytes = 0

  /** Gives every frame that is whole by now. */
  push(chunk: Buffer, take: TakeFrame): void {
    let at = this.#cutBytes === 0 ? 0 : this.#complete(chunk, take)
    while (chunk.length - at >= headerBytes) {
      const length = readLength(chunk, at)
      const end = at + headerBytes + length
      if (end > chunk.length) break
      take(chunk, at + headerBytes, end)
      at = end
    }
    if (at < chunk.length) this.#keep(chunk, at)
  }

  #keep(chunk: Buffer, at: number): void {
    const rest = chunk.length - at
    this.#cut = Buffer.allocUnsafe(rest < headerBytes ? headerBytes : headerBytes + readLength(chunk, at))
    chunk.copy(this.#cut, 0, at)
    this.#cutBytes = rest
  }

  /** Where the chunk goes on after the rest of the cut frame. */
  #complete(chunk: Buffer, take: TakeFrame): number {
    let at = 0
    if (this.#cutBytes < headerBytes) {
      at = this.#fill(chunk, 0, headerBytes)
      if (this.#cutBytes < headerBytes) return at
      const header = this.#cut
      this.#cut = Buffer.allocUnsafe(headerBytes + readLength(header, 0))
      header.copy(this.#cut)
    }
    at = this.#fill(chunk, at, this.#cut.length)
    if (this.#cutBytes < this.#cut.length) return at
    this.#cutBytes = 0
    take(this.#cut, headerBytes, this.#cut.length)
    return at
  }

  #fill(chunk: Buffer, at: number, until: number): number {
    const copied = chunk.copy(this.#cut, this.#cutBytes, at, at + until - this.#cutBytes)
    this.#cutBytes += copied
    return at + copied
  }
}

function readLength(bytes: Buffer, at: number): number {
  const length = bytes.readUInt32BE(at)
  if (length > maxFrameBytes) throw new NetworkError('FrameTooLong', `a frame of ${length} bytes was announced; at most ${maxFrameBytes} can be real`) // FS2
  return length
}

/** The frame with its length before it. */
export function framed(frame: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + frame.length)
  bytes.writeUInt32BE(frame.length, 0)
  frame.copy(bytes, headerBytes)
  return bytes
}
