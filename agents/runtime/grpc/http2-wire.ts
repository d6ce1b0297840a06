/**
 * What both ends of an HTTP/2 connection do alike: frames, header blocks, flow control, one write a turn. RFC 9113.
 *
 *   HW1  What is sent in one turn of the event loop leaves in one write.
 *   HW2  Nothing is sent beyond the windows that the peer gave.
 *   HW3  A reader that is behind holds up its own stream, not the connection: that is why what a stream has received counts
 *        for its window only when it was taken.
 *   HW4  A peer that breaks the protocol is told so and left.
 *   HW6  A peer that gives wide windows and does not read its socket is not sent more than some megabytes ahead.
 *   HW5  A peer that asks (settings, pings) and does not read what it is answered is left: answers to it would pile up.
 */
import type { Duplex } from 'node:stream'
import {
  Http2Error, Http2FrameReader, errorCode, frameFlag, frameType, headBytes, readSettings, readUint32, renderFrame, renderNumberFrame, setting, unpadded, writeFrameHead,
  type Frame,
} from '../../wire/http2/frames.ts'
import { HeaderReader, HpackError, type HeaderFields } from '../../wire/http2/hpack.ts'
import { HuffmanError } from '../../wire/http2/huffman.ts'
import { sessionSettings } from './session-settings.ts'

const initialWindowBytes = 65_535
export const largestWindowBytes = 0x7fff_ffff
export const { initialWindowSize: streamWindowBytes, maxFrameSize: maxFrameBytes } = sessionSettings.settings
const { connectionWindowBytes } = sessionSettings
const maxHeaderBytes = 64 * 1024
/** More than this is not worth copying together. */
const joinedBytes = 128 * 1024
/** HW6 */
const mostAheadBytes = 16 * 1024 * 1024
/** Of answers to settings and pings that the peer has not read (HW5). */
const mostUnreadAnswers = 10_000

interface Part {
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

/** One stream's flow control, for the wire's use. */
export class WireStream {
  /** 0 until it has been opened. */
  id = 0
  window = 0
  readonly unsent: Part[] = []
  unsentBytes = 0
  untaken = 0
  isOver = false
}

export interface WireEvents<S extends WireStream> {
  find(streamId: number): S | undefined
  streams(): Iterable<S>
  headers(streamId: number, fields: HeaderFields, isLast: boolean): void
  data(stream: S, bytes: Uint8Array, isLast: boolean): void
  reset(streamId: number, code: number): void
  goAway(lastStreamId: number, code: number): void
  /** The peer's settings are in force. */
  settled(): void
  /** Everything that was to be sent of it has been; `isLast` as it was said of the last part. */
  sent?(stream: S, isLast: boolean): void
  closed(error: Error | undefined): void
}

export class Http2Wire<S extends WireStream> {
  peerStreams = Infinity
  readonly #socket: Duplex
  readonly #events: WireEvents<S>
  readonly #frames = new Http2FrameReader(maxFrameBytes)
  readonly #headers: HeaderReader
  readonly #blocked = new Set<S>()
  #window = initialWindowBytes
  #peerStreamWindow = initialWindowBytes
  #peerFrameBytes = 16_384
  #received = 0
  #unfinished: { readonly streamId: number; readonly flags: number; readonly parts: Uint8Array[]; size: number } | undefined
  #out: Uint8Array[] = []
  #outBytes = 0
  #unreadAnswers = 0
  readonly #pings: (() => void)[] = []
  #isClosed = false
  #failure: Error | undefined

  /** @param tableBytes of the dynamic table that the peer may have made use of before it read that ours has no room */
  constructor(socket: Duplex, events: WireEvents<S>, tableBytes: number) {
    this.#socket = socket
    this.#events = events
    this.#headers = new HeaderReader(tableBytes)
    socket.on('error', (error: Error) => { this.#failure ??= error })
    socket.on('close', () => { this.#close() })
    socket.on('end', () => { socket.destroy() })
    socket.on('drain', () => { this.#unblock() })
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** To be sent first, after the settings. */
  widen(): void {
    this.write(renderNumberFrame(frameType.windowUpdate, 0, connectionWindowBytes - initialWindowBytes))
  }

  ping(answered: () => void): void {
    this.#pings.push(answered)
    this.write(renderFrame(frameType.ping, 0, 0, new Uint8Array(8)))
  }

  /** The window that a new stream has. */
  get streamWindow(): number {
    return this.#peerStreamWindow
  }

  send(stream: S, bytes: Uint8Array, isLast: boolean): void {
    stream.unsent.push({ bytes, isLast })
    stream.unsentBytes += bytes.length
    this.sendData(stream)
  }

  /** As much of what waits as the windows allow (HW2). */
  sendData(stream: S): void {
    if (stream.id === 0 || stream.unsent.length === 0) return
    let wasLast = false
    for (let part = stream.unsent[0]; part !== undefined; part = stream.unsent[0]) {
      const { bytes, isLast } = part
      const room = this.#socket.writableLength + this.#outBytes > mostAheadBytes ? 0 : Math.min(this.#window, stream.window, this.#peerFrameBytes) // HW2, HW6
      if (bytes.length > 0 && room <= 0) {
        this.#blocked.add(stream)
        return
      }
      if (bytes.length <= room || bytes.length === 0) {
        stream.unsent.shift()
        wasLast = isLast
        this.#writeData(stream, bytes, isLast)
      } else {
        stream.unsent[0] = { bytes: bytes.subarray(room), isLast }
        this.#writeData(stream, bytes.subarray(0, room), false)
      }
    }
    this.#blocked.delete(stream)
    this.#events.sent?.(stream, wasLast)
  }

  noteTaken(stream: S, bytes: number): void {
    stream.untaken += bytes
    if (stream.isOver || stream.untaken < streamWindowBytes / 2) return
    this.write(renderNumberFrame(frameType.windowUpdate, stream.id, stream.untaken))
    stream.untaken = 0
  }

  reset(streamId: number, code: number): void {
    this.write(renderNumberFrame(frameType.resetStream, streamId, code))
  }

  forget(stream: S): void {
    stream.isOver = true
    stream.unsent.length = 0
    stream.unsentBytes = 0
    this.#blocked.delete(stream)
  }

  /** HW1 */
  write(bytes: Uint8Array): void {
    if (this.#isClosed) return
    if (this.#out.length === 0) setImmediate(() => { this.#flush() })
    this.#out.push(bytes)
    this.#outBytes += bytes.length
  }

  end(): void {
    this.#flush()
    this.#socket.end()
  }

  destroy(error?: Error): void {
    this.#failure ??= error
    this.#socket.destroy()
    this.#close()
  }

  /** HW4 */
  fail(error: Error): void {
    this.#socket.write(renderGoAway(error instanceof Http2Error ? error.code : errorCode.compressionError))
    this.destroy(error)
  }

  receive(chunk: Uint8Array): void {
    if (this.#isClosed) return
    try {
      this.#frames.push(chunk, frame => { if (!this.#isClosed) this.#take(frame) })
    } catch (error) {
      if (!(error instanceof Http2Error || error instanceof HpackError || error instanceof HuffmanError)) throw error
      this.fail(error)
    }
  }

  #writeData(stream: S, bytes: Uint8Array, isLast: boolean): void {
    this.#window -= bytes.length
    stream.window -= bytes.length
    stream.unsentBytes -= bytes.length
    const head = new Uint8Array(headBytes)
    writeFrameHead(head, 0, bytes.length, frameType.data, isLast ? frameFlag.endStream : 0, stream.id)
    this.write(head)
    if (bytes.length > 0) this.write(bytes)
  }

  #flush(): void {
    const out = this.#out
    const size = this.#outBytes
    this.#out = []
    this.#outBytes = 0
    if (this.#isClosed || out.length === 0 || this.#socket.destroyed || this.#socket.writableEnded) return
    if (this.#socket.writableLength === 0) this.#unreadAnswers = 0
    if (out.length === 1 || size <= joinedBytes) {
      this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out, size))
      return
    }
    this.#socket.cork()
    for (const bytes of out) this.#socket.write(bytes)
    this.#socket.uncork()
  }

  #take(frame: Frame): void {
    if (this.#unfinished !== undefined && frame.type !== frameType.continuation) throw new Http2Error(errorCode.protocolError, 'a header block is interrupted')
    switch (frame.type) {
      case frameType.data: this.#takeData(frame); break
      case frameType.headers: this.#takeHeaders(frame, unpadded(frame)); break
      case frameType.continuation: this.#takeContinuation(frame); break
      case frameType.resetStream: this.#events.reset(frame.streamId, readUint32(frame.payload, 0)); break
      case frameType.settings: this.#takeSettings(frame); break
      case frameType.ping: this.#takePing(frame); break
      case frameType.goAway: this.#events.goAway(readUint32(frame.payload, 0) & 0x7fff_ffff, readUint32(frame.payload, 4)); break
      case frameType.windowUpdate: this.#takeWindow(frame); break
      case frameType.pushPromise: throw new Http2Error(errorCode.protocolError, 'the peer pushes, which it may not')
      default: // unknown frames mean nothing
    }
  }

  #takeData(frame: Frame): void {
    const stream = this.#events.find(frame.streamId)
    this.#received += frame.payload.length
    if (this.#received >= connectionWindowBytes / 2) {
      this.write(renderNumberFrame(frameType.windowUpdate, 0, this.#received))
      this.#received = 0
    }
    if (stream === undefined) return
    const data = unpadded(frame)
    if (data.length < frame.payload.length) this.noteTaken(stream, frame.payload.length - data.length)
    this.#events.data(stream, data, (frame.flags & frameFlag.endStream) !== 0)
  }

  #takeHeaders({ streamId, flags }: Frame, block: Uint8Array): void {
    if ((flags & frameFlag.endHeaders) === 0) {
      this.#unfinished = { streamId, flags, parts: [block], size: block.length }
      return
    }
    this.#events.headers(streamId, this.#headers.read(block), (flags & frameFlag.endStream) !== 0)
  }

  #takeContinuation({ streamId, flags, payload }: Frame): void {
    const unfinished = this.#unfinished
    if (unfinished?.streamId !== streamId) throw new Http2Error(errorCode.protocolError, 'nothing is to be continued')
    unfinished.parts.push(payload)
    unfinished.size += payload.length
    if (unfinished.size > maxHeaderBytes || unfinished.parts.length > maxHeaderBytes / 64) throw new Http2Error(errorCode.protocolError, 'a header block is too long')
    if ((flags & frameFlag.endHeaders) === 0) return
    this.#unfinished = undefined
    this.#takeHeaders({ type: frameType.headers, streamId, flags: unfinished.flags | frameFlag.endHeaders, payload }, Buffer.concat(unfinished.parts))
  }

  #takeSettings({ flags, payload }: Frame): void {
    if ((flags & frameFlag.ack) !== 0) return
    for (const [id, value] of readSettings(payload)) {
      if (id === setting.maxConcurrentStreams) this.peerStreams = value
      else if (id === setting.maxFrameSize) {
        if (value < 16_384 || value > 16_777_215) throw new Http2Error(errorCode.protocolError, `frames cannot have ${String(value)} bytes`)
        this.#peerFrameBytes = value
      } else if (id === setting.initialWindowSize) {
        if (value > largestWindowBytes) throw new Http2Error(errorCode.flowControlError, 'a window is too large')
        for (const stream of this.#events.streams()) stream.window += value - this.#peerStreamWindow
        this.#peerStreamWindow = value
      }
    }
    this.#answer(renderFrame(frameType.settings, frameFlag.ack, 0, new Uint8Array(0)))
    this.#events.settled()
    this.#unblock()
  }

  #takePing({ flags, payload }: Frame): void {
    if ((flags & frameFlag.ack) !== 0) this.#pings.shift()?.()
    else if (payload.length === 8) this.#answer(renderFrame(frameType.ping, frameFlag.ack, 0, payload.slice()))
    else throw new Http2Error(errorCode.frameSizeError, 'a ping has 8 bytes')
  }

  /** HW5 */
  #answer(frame: Uint8Array): void {
    if (++this.#unreadAnswers > mostUnreadAnswers) throw new Http2Error(errorCode.enhanceYourCalm, 'answers are not read')
    this.write(frame)
  }

  #takeWindow({ streamId, payload }: Frame): void {
    const more = readUint32(payload, 0) & 0x7fff_ffff
    if (streamId === 0) {
      this.#window += more
      if (this.#window > largestWindowBytes) throw new Http2Error(errorCode.flowControlError, 'a window is too large')
      this.#unblock()
      return
    }
    const stream = this.#events.find(streamId)
    if (stream === undefined) return
    stream.window += more
    if (stream.window > largestWindowBytes) throw new Http2Error(errorCode.flowControlError, 'a window is too large')
    this.sendData(stream)
  }

  #unblock(): void {
    for (const stream of [...this.#blocked]) this.sendData(stream)
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#events.closed(this.#failure)
  }
}

export function renderGoAway(code: number, lastStreamId = 0): Uint8Array {
  const payload = new Uint8Array(8)
  new DataView(payload.buffer).setUint32(0, lastStreamId)
  payload[7] = code
  return renderFrame(frameType.goAway, 0, 0, payload)
}
