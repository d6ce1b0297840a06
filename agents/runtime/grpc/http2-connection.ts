/**
 * One HTTP/2 connection to a server, as far as gRPC needs it: many streams over any socket. RFC 9113. Half the cost of a call
 * over node:http2 is what that does for each stream: objects, events, turns of the loop. Windows and frames: `http2-wire.ts`.
 *
 *   HC2  A stream is told once how it ended; when the connection breaks, every stream is told why.
 *   HC3  No more streams are opened at once than the peer allows.
 *   HC5  After GOAWAY no stream is opened; those that the peer has taken on go on to their end.
 */
import type { Duplex } from 'node:stream'
import { connectionPreface, errorCode, errorName, frameFlag, frameType, renderFrame, renderSettings, setting } from '../../wire/http2/frames.ts'
import type { HeaderFields } from '../../wire/http2/hpack.ts'
import { Http2Wire, WireStream, largestWindowBytes, maxFrameBytes, streamWindowBytes } from './http2-wire.ts'

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
  /** So many bytes have been taken by whoever reads (HW3). */
  taken(bytes: number): void
  /** Ends the stream without a word from the peer; `closed` is not called. */
  cancel(): void
}

class Stream extends WireStream implements ClientStream {
  readonly connection: Http2Connection
  readonly events: StreamEvents
  readonly headerBlock: Uint8Array

  constructor(connection: Http2Connection, headerBlock: Uint8Array, events: StreamEvents) {
    super()
    this.connection = connection
    this.headerBlock = headerBlock
    this.events = events
  }

  send(bytes: Uint8Array, isLast: boolean): void {
    if (!this.isOver) this.connection.send(this, bytes, isLast)
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
  readonly #wire: Http2Wire<Stream>
  readonly #events: ConnectionEvents
  readonly #streams = new Map<number, Stream>()
  /** Not opened yet, since the peer allows no more (HC3). */
  readonly #waiting: Stream[] = []
  #nextId = 1
  #isLeaving = false

  constructor(socket: Duplex, events: ConnectionEvents) {
    this.#events = events
    this.#wire = new Http2Wire<Stream>(socket, {
      find: id => this.#streams.get(id),
      streams: () => this.#streams.values(),
      headers: (id, fields, isLast) => { this.#takeHeaders(id, fields, isLast) },
      data: (stream, bytes, isLast) => {
        if (bytes.length > 0) stream.events.data(bytes)
        if (isLast) this.#finish(stream, undefined)
      },
      reset: (id, code) => {
        const stream = this.#streams.get(id)
        if (stream !== undefined) this.#finish(stream, new Error(`the server reset the stream (${errorName(code)})`))
      },
      goAway: (last, code) => { this.#takeGoAway(last, code) },
      settled: () => { this.#openWaiting() },
      closed: error => { this.#takeClose(error) },
    }, 0)
    socket.on('data', (chunk: Uint8Array) => { this.#wire.receive(chunk) })
    this.#wire.write(connectionPreface)
    this.#wire.write(renderSettings([[setting.headerTableSize, 0], [setting.enablePush, 0], [setting.initialWindowSize, streamWindowBytes], [setting.maxFrameSize, maxFrameBytes]]))
    this.#wire.widen()
  }

  get isUsable(): boolean {
    return !this.#isLeaving && !this.#wire.isClosed
  }

  open(headerBlock: Uint8Array, events: StreamEvents): ClientStream {
    const stream = new Stream(this, headerBlock, events)
    if (this.#streams.size < this.#wire.peerStreams) this.#begin(stream)
    else this.#waiting.push(stream)
    return stream
  }

  ping(answered: () => void): void {
    this.#wire.ping(answered)
  }

  destroy(error?: Error): void {
    this.#wire.destroy(error)
  }

  send(stream: Stream, bytes: Uint8Array, isLast: boolean): void {
    this.#wire.send(stream, bytes, isLast)
  }

  noteTaken(stream: Stream, bytes: number): void {
    this.#wire.noteTaken(stream, bytes)
  }

  cancel(stream: Stream): void {
    if (stream.isOver) return
    if (stream.id !== 0) this.#wire.reset(stream.id, errorCode.cancel)
    this.#forget(stream)
  }

  #begin(stream: Stream): void {
    stream.id = this.#nextId
    this.#nextId += 2
    stream.window = this.#wire.streamWindow
    this.#streams.set(stream.id, stream)
    this.#wire.write(renderFrame(frameType.headers, frameFlag.endHeaders, stream.id, stream.headerBlock))
    this.#wire.sendData(stream)
    if (this.#nextId > largestWindowBytes) this.#leave()
  }

  #forget(stream: Stream): void {
    this.#wire.forget(stream)
    if (stream.id === 0) {
      const at = this.#waiting.indexOf(stream)
      if (at >= 0) this.#waiting.splice(at, 1)
    } else if (this.#streams.delete(stream.id)) {
      this.#openWaiting()
      if (this.#isLeaving && this.#streams.size === 0) this.#wire.end()
    }
  }

  #openWaiting(): void {
    while (!this.#isLeaving && this.#waiting.length > 0 && this.#streams.size < this.#wire.peerStreams) this.#begin(this.#waiting.shift()!)
  }

  /** HC2 */
  #finish(stream: Stream, error: Error | undefined): void {
    if (stream.isOver) return
    this.#forget(stream)
    stream.events.closed(error)
  }

  #takeHeaders(streamId: number, fields: HeaderFields, isLast: boolean): void {
    const stream = this.#streams.get(streamId)
    if (stream === undefined) return
    stream.events.headers(fields)
    if (isLast) this.#finish(stream, undefined)
  }

  /** HC5 */
  #takeGoAway(last: number, code: number): void {
    this.#leave()
    const reason = new Error(`the server is going away (${errorName(code)})`)
    for (const stream of [...this.#streams.values()]) if (stream.id > last) this.#finish(stream, reason)
    for (const stream of [...this.#waiting]) this.#finish(stream, reason)
    if (this.#streams.size === 0) this.#wire.end()
  }

  #leave(): void {
    if (this.#isLeaving) return
    this.#isLeaving = true
    this.#events.leaving()
  }

  #takeClose(error: Error | undefined): void {
    this.#leave()
    const reason = error ?? new Error('the connection was lost')
    for (const stream of [...this.#streams.values(), ...this.#waiting]) this.#finish(stream, reason)
    this.#events.closed(error)
  }
}
