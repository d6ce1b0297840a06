/**
 * SPDY/3.1 frames <-> bytes. Control frame: 1 bit set, 15 bits version (3), 16 bits type; data frame: 0 bit, 31 bits
 * stream id; both then 8 bits of flags, 24 bits of length.
 *
 *   SF1  Bytes may arrive split and joined in any way; data is passed on as it comes, a control frame once it is whole.
 *   SF2  A control frame longer than the limit, or of another version, throws SpdyError.
 *   SF3  Unknown control frames are skipped; SETTINGS and WINDOW_UPDATE are read and ignored (as Go's spdystream does:
 *        flow control is TCP's).
 */
import { Inflater, StoredDeflater } from './inflate.ts'
import { spdyDictionary, spdyDictionaryId } from './spdy-dictionary.ts'

export class SpdyError extends Error {
  override readonly name = 'SpdyError'
}

/** Lower-case names; several values of one name are joined by NUL on the wire and here are an array. */
export type SpdyHeaders = Readonly<Record<string, readonly string[]>>

export type SpdyFrame =
  | { readonly type: 'syn-stream'; readonly streamId: number; readonly headers: SpdyHeaders; readonly fin: boolean; readonly unidirectional: boolean }
  | { readonly type: 'syn-reply'; readonly streamId: number; readonly headers: SpdyHeaders; readonly fin: boolean }
  | { readonly type: 'headers'; readonly streamId: number; readonly headers: SpdyHeaders; readonly fin: boolean }
  | { readonly type: 'rst-stream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'go-away'; readonly lastStreamId: number; readonly status: number }
  | { readonly type: 'ignored' }
  | { readonly type: 'data'; readonly streamId: number; readonly data: Uint8Array; readonly fin: boolean }

const controlTypes = { 'syn-stream': 1, 'syn-reply': 2, 'rst-stream': 3, ping: 6, 'go-away': 7, headers: 8 } as const
const maxControlBytes = 1024 * 1024
const utf8Encoder = new TextEncoder()
const utf8Decoder = new TextDecoder()

export class SpdyFrameReader {
  readonly #inflater = new Inflater(spdyDictionary, spdyDictionaryId)
  #head = new Uint8Array(8)
  #headLength = 0
  #body: Uint8Array | undefined
  #bodyLength = 0
  #dataLeft = 0

  /** Takes bytes in, gives frames; a long data frame comes in several parts, `fin` on the last. */
  push(bytes: Uint8Array): SpdyFrame[] {
    const frames: SpdyFrame[] = []
    let rest = bytes
    while (rest.length > 0) {
      if (this.#headLength < 8) rest = this.#readHead(rest, frames)
      else if (this.#body === undefined) rest = this.#readData(rest, frames)
      else rest = this.#readControl(rest, frames)
    }
    return frames
  }

  get #view(): DataView {
    return new DataView(this.#head.buffer)
  }

  #readHead(bytes: Uint8Array, frames: SpdyFrame[]): Uint8Array {
    const part = bytes.subarray(0, 8 - this.#headLength)
    this.#head.set(part, this.#headLength)
    this.#headLength += part.length
    if (this.#headLength === 8) this.#startFrame(frames)
    return bytes.subarray(part.length)
  }

  #startFrame(frames: SpdyFrame[]): void {
    const length = this.#view.getUint32(4) & 0xff_ffff
    if (this.#head[0]! < 128) {
      this.#body = undefined
      this.#dataLeft = length
      if (length === 0) this.#endData(frames, new Uint8Array(0))
      return
    }
    const version = this.#view.getUint16(0) & 0x7fff
    if (version !== 3) throw new SpdyError(`SPDY version ${version} is not spoken here`) // SF2
    if (length > maxControlBytes) throw new SpdyError(`a control frame of ${length} bytes is too long`)
    this.#body = new Uint8Array(length)
    this.#bodyLength = 0
    if (length === 0) this.#endControl(frames)
  }

  #readData(bytes: Uint8Array, frames: SpdyFrame[]): Uint8Array {
    const part = bytes.subarray(0, this.#dataLeft)
    this.#dataLeft -= part.length
    if (this.#dataLeft === 0) this.#endData(frames, part)
    else frames.push({ type: 'data', streamId: this.#view.getUint32(0) & 0x7fff_ffff, data: part, fin: false })
    return bytes.subarray(part.length)
  }

  #endData(frames: SpdyFrame[], data: Uint8Array): void {
    frames.push({ type: 'data', streamId: this.#view.getUint32(0) & 0x7fff_ffff, data, fin: (this.#head[4]! & 1) === 1 })
    this.#headLength = 0
  }

  #readControl(bytes: Uint8Array, frames: SpdyFrame[]): Uint8Array {
    const body = this.#body!
    const part = bytes.subarray(0, body.length - this.#bodyLength)
    body.set(part, this.#bodyLength)
    this.#bodyLength += part.length
    if (this.#bodyLength === body.length) this.#endControl(frames)
    return bytes.subarray(part.length)
  }

  #endControl(frames: SpdyFrame[]): void {
    const body = this.#body!
    const type = this.#view.getUint16(2)
    const flags = this.#head[4]!
    this.#body = undefined
    this.#headLength = 0
    frames.push(this.#control(type, flags, body))
  }

  #control(type: number, flags: number, body: Uint8Array): SpdyFrame {
    const number = (at: number) => {
      if (at + 4 > body.length) throw new SpdyError('a control frame is too short')
      return new DataView(body.buffer, body.byteOffset).getUint32(at)
    }
    const fin = (flags & 1) === 1
    switch (type) {
      case controlTypes['syn-stream']:
        return { type: 'syn-stream', streamId: number(0) & 0x7fff_ffff, headers: this.#headers(body.subarray(10)), fin, unidirectional: (flags & 2) === 2 }
      case controlTypes['syn-reply']:
        return { type: 'syn-reply', streamId: number(0) & 0x7fff_ffff, headers: this.#headers(body.subarray(4)), fin }
      case controlTypes.headers:
        return { type: 'headers', streamId: number(0) & 0x7fff_ffff, headers: this.#headers(body.subarray(4)), fin }
      case controlTypes['rst-stream']:
        return { type: 'rst-stream', streamId: number(0) & 0x7fff_ffff, status: number(4) }
      case controlTypes.ping:
        return { type: 'ping', id: number(0) }
      case controlTypes['go-away']:
        return { type: 'go-away', lastStreamId: number(0) & 0x7fff_ffff, status: number(4) }
      default:
        return { type: 'ignored' } // SF3
    }
  }

  #headers(block: Uint8Array): SpdyHeaders {
    const plain = this.#inflater.push(block)
    const view = new DataView(plain.buffer, plain.byteOffset, plain.length)
    const headers: Record<string, readonly string[]> = Object.create(null) as Record<string, readonly string[]>
    let at = 0
    const readNumber = () => {
      if (at + 4 > plain.length) throw new SpdyError('a header block is too short')
      at += 4
      return view.getUint32(at - 4)
    }
    const readText = () => {
      const length = readNumber()
      if (at + length > plain.length) throw new SpdyError('a header block is too short')
      at += length
      return utf8Decoder.decode(plain.subarray(at - length, at))
    }
    for (let left = readNumber(); left > 0; left--) {
      const name = readText().toLowerCase()
      headers[name] = readText().split('\0')
    }
    return headers
  }
}

export class SpdyFrameWriter {
  readonly #deflater = new StoredDeflater(spdyDictionaryId)

  render(frame: SpdyFrame): Uint8Array {
    switch (frame.type) {
      case 'data':
        return dataFrame(frame.streamId, frame.data, frame.fin)
      case 'syn-stream':
        return control(1, (frame.fin ? 1 : 0) | (frame.unidirectional ? 2 : 0), [frame.streamId, 0], joined(new Uint8Array(2), this.#headers(frame.headers)))
      case 'syn-reply':
        return control(2, frame.fin ? 1 : 0, [frame.streamId], this.#headers(frame.headers))
      case 'headers':
        return control(8, frame.fin ? 1 : 0, [frame.streamId], this.#headers(frame.headers))
      case 'rst-stream':
        return control(3, 0, [frame.streamId, frame.status])
      case 'ping':
        return control(6, 0, [frame.id])
      case 'go-away':
        return control(7, 0, [frame.lastStreamId, frame.status])
      case 'ignored':
        return new Uint8Array(0)
    }
  }

  #headers(headers: SpdyHeaders): Uint8Array {
    const parts: Uint8Array[] = []
    const entries = Object.entries(headers)
    parts.push(number32(entries.length))
    for (const [name, values] of entries) {
      const nameBytes = utf8Encoder.encode(name.toLowerCase())
      const valueBytes = utf8Encoder.encode(values.join('\0'))
      parts.push(number32(nameBytes.length), nameBytes, number32(valueBytes.length), valueBytes)
    }
    return this.#deflater.push(joined(...parts))
  }
}

function control(type: number, flags: number, numbers: readonly number[], rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const frame = new Uint8Array(8 + numbers.length * 4 + rest.length)
  const view = new DataView(frame.buffer)
  view.setUint16(0, 0x8003)
  view.setUint16(2, type)
  view.setUint32(4, flags * 0x100_0000 + frame.length - 8)
  numbers.forEach((number, index) => view.setUint32(8 + index * 4, number))
  frame.set(rest, 8 + numbers.length * 4)
  return frame
}

function dataFrame(streamId: number, data: Uint8Array, fin: boolean): Uint8Array {
  const frame = new Uint8Array(8 + data.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, streamId)
  view.setUint32(4, (fin ? 0x100_0000 : 0) + data.length)
  frame.set(data, 8)
  return frame
}

function number32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
