/**
 * One HTTP/2 connection to a server, as far as gRPC needs it: many streams, each with its flow control, over any socket.
 * RFC 9113. Half the cost of a call over node:http2 is what that does for each stream: objects, events, turns of the loop.
 *
 *   HC1  What is sent in one turn of the event loop leaves in one write.
 *   HC2  A stream is told once how it ended; when the connection breaks, every stream is told why.
 *   HC3  Nothing is sent beyond the windows that the peer gave, nor more streams opened at once than it allows.
 *   HC4  A reader that is behind holds up its own stream, not the connection: that is why what a stream has received counts
 *        for its window only when it was taken.
 *   HC5  After GOAWAY no stream is opened; those that the peer has taken on go on to their end.
 *   HC6  A peer that breaks the protocol is told so and left.
 */
import type { Duplex } from 'node:stream'
import {
  Http2Error, Http2FrameReader, connectionPreface, errorCode, errorName, frameFlag, frameType, headBytes, readSettings, readUint32, renderFrame, renderNumberFrame, renderSettings, setting, unpadded, writeFrameHead,
  type Frame,
} from '../../wire/http2/frames.ts'
import { HeaderReader, HpackError, type HeaderFields } from '../../wire/http2/hpack.ts'
import { sessionSettings } from './session-settings.ts'

const initialWindowBytes = 65_535
const largestWindowBytes = 0x7fff_ffff
const { initialWindowSize: streamWindowBytes, maxFrameSize: maxFrameBytes } = sessionSettings.settings
const { connectionWindowBytes } = sessionSettings
const maxHeaderBytes = 64 * 1024
/** More than this is not worth copying together. */
const joinedBytes = 128 * 1024

export interface StreamEvents {
  headers(fields: HeaderFields): void
  data(chunk: Uint8Array): void
  /** The stream is over: by the peer's end, or by an error. */
  closed(error: Error | undefined): void
}

export interface ClientStream {
  /** `isLast`: nothing more will be sent. */
  send(bytes: Uint8Array, isLast: boolean): void
  end(): void
  /** So many bytes have been taken by whoever reads (HC4). */
  taken(bytes: number): void
  /** Ends the stream without a word from the peer; `closed` is not called. */
  cancel(): void
}

interface Part {
  readonly bytes: Uint8Array
  readonly isLast: boolean
}

class Stream implements ClientStream {
  readonly connection: Http2Connection
  readonly events: StreamEvents
  readonly headerBlock: Uint8Array
  /** 0 until it has been opened (HC3). */
  id = 0
  window = 0
  readonly unsent: Part[] = []
  untaken = 0
  isOver = false

  constructor(connection: Http2Connection, headerBlock: Uint8Array, events: StreamEvents) {
    this.connection = connection
    this.headerBlock = headerBlock
    this.events = events
  }

  send(bytes: Uint8Array, isLast: boolean): void {
    if (this.isOver) return
    this.unsent.push({ bytes, isLast })
    this.connection.sendData(this)
  }

  end(): void {
    this.send(new Uint8Array(0), true)
  }

  taken(bytes: number): void {
    this.connection.noteTaken(this, bytes)
  }

  cancel(): void {
    this.connection.cancel(this)
  }
}

export interface ConnectionEvents {
  /** No stream can be opened on it any more. */
  leaving(): void
  closed(error: Error | undefined): void
}

export class Http2Connection {
  readonly #socket: Duplex
  readonly #events: ConnectionEvents
  readonly #frames = new Http2FrameReader(maxFrameBytes)
  readonly #headers = new HeaderReader()
  readonly #streams = new Map<number, Stream>()
  /** Not opened yet, since the peer allows no more (HC3). */
  readonly #waiting: Stream[] = []
  readonly #blocked = new Set<Stream>()
  #nextId = 1
  #window = initialWindowBytes
  #peerStreamWindow = initialWindowBytes
  #peerFrameBytes = 16_384
  #peerStreams = Infinity
  #received = 0
  #unfinished: { readonly stream: Stream | undefined; readonly streamId: number; readonly flags: number; readonly parts: Uint8Array[]; size: number } | undefined
  #out: Uint8Array[] = []
  #outBytes = 0
  readonly #pings: (() => void)[] = []
  #isLeaving = false
  #isClosed = false
  #failure: Error | undefined

  constructor(socket: Duplex, events: ConnectionEvents) {
    this.#socket = socket
    this.#events = events
    socket.on('data', (chunk: Uint8Array) => { this.#receive(chunk) })
    socket.on('error', (error: Error) => { this.#failure ??= error })
    socket.on('close', () => { this.#close() })
    socket.on('end', () => { socket.destroy() })
    this.#write(connectionPreface)
    this.#write(renderSettings([[setting.headerTableSize, 0], [setting.enablePush, 0], [setting.initialWindowSize, streamWindowBytes], [setting.maxFrameSize, maxFrameBytes]]))
    this.#write(renderNumberFrame(frameType.windowUpdate, 0, connectionWindowBytes - initialWindowBytes))
  }

  get isUsable(): boolean {
    return !this.#isLeaving && !this.#isClosed
  }

  open(headerBlock: Uint8Array, events: StreamEvents): ClientStream {
    const stream = new Stream(this, headerBlock, events)
    if (this.#streams.size < this.#peerStreams) this.#begin(stream)
    else this.#waiting.push(stream)
    return stream
  }

  ping(answered: () => void): void {
    this.#pings.push(answered)
    this.#write(renderFrame(frameType.ping, 0, 0, new Uint8Array(8)))
  }

  destroy(error?: Error): void {
    this.#failure ??= error
    this.#socket.destroy()
    this.#close()
  }

  /** As much of what waits as the windows allow (HC3). */
  sendData(stream: Stream): void {
    if (stream.id === 0) return
    for (let part = stream.unsent[0]; part !== undefined; part = stream.unsent[0]) {
      const { bytes, isLast } = part
      const room = Math.min(this.#window, stream.window, this.#peerFrameBytes)
      if (bytes.length > 0 && room <= 0) {
        this.#blocked.add(stream)
        return
      }
      if (bytes.length <= room || bytes.length === 0) {
        stream.unsent.shift()
        this.#writeData(stream, bytes, isLast)
      } else {
        stream.unsent[0] = { bytes: bytes.subarray(room), isLast }
        this.#writeData(stream, bytes.subarray(0, room), false)
      }
    }
    this.#blocked.delete(stream)
  }

  noteTaken(stream: Stream, bytes: number): void {
    stream.untaken += bytes
    if (stream.isOver || stream.untaken < streamWindowBytes / 2) return
    this.#write(renderNumberFrame(frameType.windowUpdate, stream.id, stream.untaken))
    stream.untaken = 0
  }

  cancel(stream: Stream): void {
    if (stream.isOver) return
    if (stream.id !== 0) this.#write(renderNumberFrame(frameType.resetStream, stream.id, errorCode.cancel))
    this.#forget(stream)
  }

  #begin(stream: Stream): void {
    stream.id = this.#nextId
    this.#nextId += 2
    stream.window = this.#peerStreamWindow
    this.#streams.set(stream.id, stream)
    this.#write(renderFrame(frameType.headers, frameFlag.endHeaders, stream.id, stream.headerBlock))
    this.sendData(stream)
    if (this.#nextId > largestWindowBytes) this.#leave()
  }

  #forget(stream: Stream): void {
    stream.isOver = true
    stream.unsent.length = 0
    this.#blocked.delete(stream)
    if (stream.id === 0) {
      const at = this.#waiting.indexOf(stream)
      if (at >= 0) this.#waiting.splice(at, 1)
    } else if (this.#streams.delete(stream.id)) {
      this.#openWaiting()
      if (this.#isLeaving && this.#streams.size === 0) this.#socket.end()
    }
  }

  #openWaiting(): void {
    while (!this.#isLeaving && this.#waiting.length > 0 && this.#streams.size < this.#peerStreams) this.#begin(this.#waiting.shift()!)
  }

  /** HC2 */
  #finish(stream: Stream, error: Error | undefined): void {
    if (stream.isOver) return
    this.#forget(stream)
    stream.events.closed(error)
  }

  #writeData(stream: Stream, bytes: Uint8Array, isLast: boolean): void {
    this.#window -= bytes.length
    stream.window -= bytes.length
    const head = new Uint8Array(headBytes)
    writeFrameHead(head, 0, bytes.length, frameType.data, isLast ? frameFlag.endStream : 0, stream.id)
    this.#write(head)
    if (bytes.length > 0) this.#write(bytes)
  }

  /** HC1 */
  #write(bytes: Uint8Array): void {
    if (this.#isClosed) return
    if (this.#out.length === 0) setImmediate(() => { this.#flush() })
    this.#out.push(bytes)
    this.#outBytes += bytes.length
  }

  #flush(): void {
    const out = this.#out
    const size = this.#outBytes
    this.#out = []
    this.#outBytes = 0
    if (this.#isClosed || out.length === 0 || this.#socket.destroyed || this.#socket.writableEnded) return
    if (out.length === 1 || size <= joinedBytes) {
      this.#socket.write(out.length === 1 ? out[0]! : Buffer.concat(out, size))
      return
    }
    this.#socket.cork()
    for (const bytes of out) this.#socket.write(bytes)
    this.#socket.uncork()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#isClosed) return
    try {
      this.#frames.push(chunk, frame => { this.#take(frame) })
    } catch (error) {
      if (!(error instanceof Http2Error || error instanceof HpackError)) throw error
      this.#socket.write(goAway(error instanceof Http2Error ? error.code : errorCode.compressionError)) // HC6
      this.destroy(error)
    }
  }

  #take(frame: Frame): void {
    if (this.#unfinished !== undefined && frame.type !== frameType.continuation) throw new Http2Error(errorCode.protocolError, 'a header block is interrupted')
    switch (frame.type) {
      case frameType.data: this.#takeData(frame); break
      case frameType.headers: this.#takeHeaders(frame, unpadded(frame)); break
      case frameType.continuation: this.#takeContinuation(frame); break
      case frameType.resetStream: this.#takeReset(frame); break
      case frameType.settings: this.#takeSettings(frame); break
      case frameType.ping: this.#takePing(frame); break
      case frameType.goAway: this.#takeGoAway(frame); break
      case frameType.windowUpdate: this.#takeWindow(frame); break
      case frameType.pushPromise: throw new Http2Error(errorCode.protocolError, 'the server pushes, which it was told not to')
      default: // unknown frames mean nothing
    }
  }

  #takeData(frame: Frame): void {
    const stream = this.#streams.get(frame.streamId)
    this.#received += frame.payload.length
    if (this.#received >= connectionWindowBytes / 2) {
      this.#write(renderNumberFrame(frameType.windowUpdate, 0, this.#received))
      this.#received = 0
    }
    if (stream === undefined) return
    const data = unpadded(frame)
    if (data.length < frame.payload.length) this.noteTaken(stream, frame.payload.length - data.length)
    if (data.length > 0) stream.events.data(data)
    if ((frame.flags & frameFlag.endStream) !== 0) this.#finish(stream, undefined)
  }

  #takeHeaders({ streamId, flags }: Frame, block: Uint8Array): void {
    const stream = this.#streams.get(streamId)
    if ((flags & frameFlag.endHeaders) === 0) {
      this.#unfinished = { stream, streamId, flags, parts: [block], size: block.length }
      return
    }
    const fields = this.#headers.read(block)
    if (stream === undefined) return
    stream.events.headers(fields)
    if ((flags & frameFlag.endStream) !== 0) this.#finish(stream, undefined)
  }

  #takeContinuation({ streamId, flags, payload }: Frame): void {
    const unfinished = this.#unfinished
    if (unfinished?.streamId !== streamId) throw new Http2Error(errorCode.protocolError, 'nothing is to be continued')
    unfinished.parts.push(payload)
    unfinished.size += payload.length
    if (unfinished.size > maxHeaderBytes) throw new Http2Error(errorCode.protocolError, 'a header block is too long')
    if ((flags & frameFlag.endHeaders) === 0) return
    this.#unfinished = undefined
    this.#takeHeaders({ type: frameType.headers, streamId, flags: unfinished.flags | frameFlag.endHeaders, payload }, Buffer.concat(unfinished.parts))
  }

  #takeReset({ streamId, payload }: Frame): void {
    const stream = this.#streams.get(streamId)
    if (stream !== undefined) this.#finish(stream, new Error(`the server reset the stream (${errorName(readUint32(payload, 0))})`))
  }

  #takeSettings({ flags, payload }: Frame): void {
    if ((flags & frameFlag.ack) !== 0) return
    for (const [id, value] of readSettings(payload)) {
      if (id === setting.maxConcurrentStreams) this.#peerStreams = value
      else if (id === setting.maxFrameSize) this.#peerFrameBytes = value
      else if (id === setting.initialWindowSize) {
        if (value > largestWindowBytes) throw new Http2Error(errorCode.flowControlError, 'a window is too large')
        for (const stream of this.#streams.values()) stream.window += value - this.#peerStreamWindow
        this.#peerStreamWindow = value
      }
    }
    this.#write(renderFrame(frameType.settings, frameFlag.ack, 0, new Uint8Array(0)))
    this.#openWaiting()
    this.#unblock()
  }

  #takePing({ flags, payload }: Frame): void {
    if ((flags & frameFlag.ack) === 0) this.#write(renderFrame(frameType.ping, frameFlag.ack, 0, payload.slice()))
    else this.#pings.shift()?.()
  }

  /** HC5 */
  #takeGoAway({ payload }: Frame): void {
    const last = readUint32(payload, 0) & 0x7fff_ffff
    this.#leave()
    const reason = new Error(`the server is going away (${errorName(readUint32(payload, 4))})`)
    for (const stream of [...this.#streams.values()]) if (stream.id > last) this.#finish(stream, reason)
    for (const stream of [...this.#waiting]) this.#finish(stream, reason)
    if (this.#streams.size === 0) this.#socket.end()
  }

  #takeWindow({ streamId, payload }: Frame): void {
    const more = readUint32(payload, 0) & 0x7fff_ffff
    if (streamId === 0) {
      this.#window += more
      this.#unblock()
      return
    }
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return
    stream.window += more
    this.sendData(stream)
  }

  #unblock(): void {
    for (const stream of [...this.#blocked]) this.sendData(stream)
  }

  #leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#events.leaving()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#leave()
    this.#isClosed = true
    const reason = this.#failure ?? new Error('the connection was lost')
    for (const stream of [...this.#streams.values(), ...this.#waiting]) this.#finish(stream, reason)
    this.#events.closed(this.#failure)
  }
}

function goAway(code: number): Uint8Array {
  const payload = new Uint8Array(8)
  payload[7] = code
  return renderFrame(frameType.goAway, 0, 0, payload)
}
