/**
 * Frames out of the stream that `tcpdump -w -` writes: the old pcap format, as it comes, in the byte order of its writer.
 *
 *   file: magic u32 | version u16 u16 | zone i32 | accuracy u32 | snap length u32 | link type u32; then packets:
 *   packet: seconds u32 | microseconds u32 | bytes kept u32 | bytes of the frame u32 | bytes
 *
 *   PS1  Frames are given as soon as they are whole; a piece may end anywhere.
 *   PS2  What does not begin as such a file is refused.
 */
import { NetworkError } from '../network-error.ts'

const headBytes = 24
const packetHeadBytes = 16
const longestFrame = 262_144

export interface CapturedFrame {
  readonly epochMs: number
  /** Valid until the next piece is read. */
  readonly bytes: Buffer
}

export class PcapStream {
  #left: Buffer = Buffer.alloc(0)
  #isLittle: boolean | null = null

  get isBegun(): boolean {
    return this.#isLittle !== null
  }

  *read(piece: Buffer): Generator<CapturedFrame> {
    let bytes = this.#left.length === 0 ? piece : Buffer.concat([this.#left, piece])
    const number = (at: number): number => (this.#isLittle === true ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
    if (!this.isBegun) {
      if (bytes.length < headBytes) {
        this.#left = bytes
        return
      }
      const magic = bytes.readUInt32LE(0)
      if (magic !== 0xa1b2c3d4 && magic !== 0xd4c3b2a1) throw new NetworkError('CaptureUnreadable', 'what tcpdump wrote is no capture') // PS2
      this.#isLittle = magic === 0xa1b2c3d4
      bytes = bytes.subarray(headBytes)
    }
    let at = 0
    while (bytes.length - at >= packetHeadBytes) {
      const kept = number(at + 8)
      if (kept > longestFrame) throw new NetworkError('CaptureUnreadable', `a frame of ${kept} bytes cannot be`)
      if (bytes.length - at < packetHeadBytes + kept) break
      yield { epochMs: number(at) * 1_000 + number(at + 4) / 1_000, bytes: bytes.subarray(at + packetHeadBytes, at + packetHeadBytes + kept) }
      at += packetHeadBytes + kept
    }
    this.#left = Buffer.from(bytes.subarray(at)) // PS1
  }
}
