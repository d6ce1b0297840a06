/**
 * Datagrams of many sessions over one stream of bytes, in both directions.
 *
 *   session u32 · port u16 · length u16 · that many bytes      (big-endian)
 *
 *   DF1  Towards the node `port` is where the datagram goes; the first one begins the session. Towards the desktop it is
 *        where the datagram came from.
 *   DF2  Port 0 ends the session; the bytes are the reason, if there is one. Either side may end it, and the other forgets it.
 *   DF3  A datagram is never torn or joined: frames keep the borders that a stream does not.
 */

export interface DatagramFrame {
  readonly session: number
  readonly port: number
  readonly payload: Uint8Array
}

const headBytes = 8
/** What UDP over IPv4 can carry. */
export const longestDatagram = 65_507

export function renderFrame({ session, port, payload }: DatagramFrame): Uint8Array {
  if (payload.length > longestDatagram) throw new RangeError(`a datagram has at most ${longestDatagram} bytes, not ${payload.length}`)
  const bytes = new Uint8Array(headBytes + payload.length)
  const head = new DataView(bytes.buffer)
  head.setUint32(0, session)
  head.setUint16(4, port)
  head.setUint16(6, payload.length)
  bytes.set(payload, headBytes)
  return bytes
}

export function renderEnd(session: number, reason = ''): Uint8Array {
  return renderFrame({ session, port: 0, payload: new TextEncoder().encode(reason) })
}

/** Pieces of a stream, however they are cut, to frames. DF3 */
export class DatagramFrameReader {
  #pieces: Uint8Array[] = []
  #size = 0
  /** Bytes without which there is no frame: pieces are joined only then. */
  #needed = headBytes

  read(piece: Uint8Array): readonly DatagramFrame[] {
    this.#pieces.push(piece)
    this.#size += piece.length
    if (this.#size < this.#needed) return []
    const bytes = this.#joined()
    const frames: DatagramFrame[] = []
    let at = 0
    for (;;) {
      this.#needed = headBytes
      if (bytes.length - at < headBytes) break
      const head = new DataView(bytes.buffer, bytes.byteOffset + at, headBytes)
      this.#needed = headBytes + head.getUint16(6)
      const end = at + this.#needed
      if (end > bytes.length) break
      frames.push({ session: head.getUint32(0), port: head.getUint16(4), payload: bytes.subarray(at + headBytes, end) })
      at = end
    }
    this.#pieces = at === bytes.length ? [] : [bytes.subarray(at)]
    this.#size = bytes.length - at
    return frames
  }

  #joined(): Uint8Array {
    if (this.#pieces.length === 1) return this.#pieces[0]!
    const bytes = new Uint8Array(this.#size)
    let at = 0
    for (const piece of this.#pieces) {
      bytes.set(piece, at)
      at += piece.length
    }
    return bytes
  }
}
