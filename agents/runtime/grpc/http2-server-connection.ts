/**
 * One HTTP/2 connection of a client, as far as gRPC needs it: calls come as streams, each answered by headers, data and trailers.
 * RFC 9113. A third of what a small call costs the store over node:http2 is that module's work for each stream.
 *
 *   HS1  A connection begins with the client's preface, soon; anything else is no HTTP/2 and is left.
 *   HS2  Streams have odd numbers that grow; a client that breaks this breaks the connection.
 *   HS3  A client may have so many streams open at once; one more is refused, the others go on.
 *   HS4  A stream is over when both sides have ended it. Where the answer is complete and the request is not, the rest of
 *        the request is not wanted (RST_STREAM, NO_ERROR), as RFC 9113 section 8.1 has it.
 *   HS5  Whoever answers is told once that the stream is over, however it ended.
 */
import type { Duplex } from 'node:stream'
import { Http2Error, connectionPreface, errorCode, frameFlag, frameType, renderFrame, renderSettings, setting } from '../../wire/http2/frames.ts'
import type { HeaderFields } from '../../wire/http2/hpack.ts'
import { Http2Wire, WireStream, maxFrameBytes, streamWindowBytes } from './http2-wire.ts'

const mostStreams = 10_000
const prefaceWithinMs = 10_000
/** What HPACK's table may hold until the client has read that ours has no room. */
const usualTableBytes = 4096

export interface CallHandlers {
  data(chunk: Uint8Array): void
  /** The client will send nothing more. */
  ended(): void
  /** Everything that was sent has left. */
  drained?(): void
  closed?(): void
}

export interface ServerCall {
  readonly isOver: boolean
  readonly hasAnswered: boolean
  /** How much waits for the client to take it. */
  readonly waitingBytes: number
  /** The block is HPACK's. */
  respond(headerBlock: Uint8Array): void
  send(bytes: Uint8Array): void
  /** Ends the answer once what was sent has left. Without an answer yet these are all of it. */
  finish(trailerBlock: Uint8Array): void
  /** So many bytes of the request have been taken (HW3). */
  taken(bytes: number): void
}

class Call extends WireStream implements ServerCall {
  readonly connection: Http2ServerConnection
  handlers: CallHandlers | undefined
  hasAnswered = false
  hasRequestEnded = false
  trailers: Uint8Array | undefined

  constructor(connection: Http2ServerConnection, id: number) {
    super()
    this.connection = connection
    this.id = id
  }

  get waitingBytes(): number {
    return this.unsentBytes
  }

  respond(headerBlock: Uint8Array): void {
    if (this.isOver || this.hasAnswered) return
    this.hasAnswered = true
    this.connection.wire.write(renderFrame(frameType.headers, frameFlag.endHeaders, this.id, headerBlock))
  }

  send(bytes: Uint8Array): void {
    if (!this.isOver && this.trailers === undefined) this.connection.wire.send(this, bytes, false)
  }

  finish(trailerBlock: Uint8Array): void {
    if (this.isOver || this.trailers !== undefined) return
    this.hasAnswered = true
    this.trailers = trailerBlock
    if (this.unsent.length === 0) this.connection.writeTrailers(this)
  }

  taken(bytes: number): void {
    this.connection.wire.noteTaken(this, bytes)
  }
}

export type Answerer = (call: ServerCall, fields: HeaderFields) => CallHandlers

export class Http2ServerConnection {
  readonly wire: Http2Wire<Call>
  readonly #answer: Answerer
  readonly #closed: () => void
  readonly #calls = new Map<number, Call>()
  #prefaceRead = 0
  #lastId = 0

  constructor(socket: Duplex, answer: Answerer, closed: () => void) {
    this.#answer = answer
    this.#closed = closed
    this.wire = new Http2Wire<Call>(socket, {
      find: id => this.#calls.get(id),
      streams: () => this.#calls.values(),
      headers: (id, fields, isLast) => { this.#takeHeaders(id, fields, isLast) },
      data: (call, bytes, isLast) => { this.#takeData(call, bytes, isLast) },
      reset: id => {
        const call = this.#calls.get(id)
        if (call !== undefined) this.#finish(call)
      },
      goAway: () => {}, // it opens no more; those that are open go on
      settled: () => {},
      sent: call => {
        if (call.trailers === undefined) call.handlers?.drained?.()
        else this.writeTrailers(call)
      },
      closed: () => { this.#takeClose() },
    }, usualTableBytes)
    const late = setTimeout(() => { if (this.#prefaceRead < connectionPreface.length) this.wire.destroy() }, prefaceWithinMs) // HS1
    late.unref()
    socket.once('close', () => { clearTimeout(late) })
    socket.on('data', (chunk: Uint8Array) => { this.#receive(chunk) })
    this.wire.write(renderSettings([[setting.headerTableSize, 0], [setting.maxConcurrentStreams, mostStreams], [setting.initialWindowSize, streamWindowBytes], [setting.maxFrameSize, maxFrameBytes]]))
    this.wire.widen()
  }

  destroy(): void {
    this.wire.destroy()
  }

  writeTrailers(call: Call): void {
    if (call.isOver) return
    this.wire.write(renderFrame(frameType.headers, frameFlag.endHeaders | frameFlag.endStream, call.id, call.trailers!))
    if (!call.hasRequestEnded) this.wire.reset(call.id, errorCode.noError) // HS4
    this.#finish(call)
  }

  /** HS1 */
  #receive(chunk: Uint8Array): void {
    const missing = connectionPreface.length - this.#prefaceRead
    if (missing === 0) {
      this.wire.receive(chunk)
      return
    }
    const part = chunk.subarray(0, missing)
    for (const byte of part) {
      if (byte !== connectionPreface[this.#prefaceRead++]) {
        this.wire.destroy(new Error('the client does not speak HTTP/2'))
        return
      }
    }
    if (chunk.length > missing) this.wire.receive(chunk.subarray(missing))
  }

  #takeHeaders(id: number, fields: HeaderFields, isLast: boolean): void {
    const known = this.#calls.get(id)
    if (known !== undefined) {
      if (!isLast) throw new Http2Error(errorCode.protocolError, 'trailers do not end their stream')
      this.#endRequest(known)
      return
    }
    if (id % 2 === 0) throw new Http2Error(errorCode.protocolError, `a client cannot open stream ${String(id)}`) // HS2
    if (id <= this.#lastId) return // trailers of a stream that is over
    this.#lastId = id
    if (this.#calls.size >= mostStreams) {
      this.wire.reset(id, errorCode.refusedStream) // HS3
      return
    }
    const call = new Call(this, id)
    call.window = this.wire.streamWindow
    this.#calls.set(id, call)
    call.handlers = this.#answer(call, fields)
    if (isLast) this.#endRequest(call)
  }

  #takeData(call: Call, bytes: Uint8Array, isLast: boolean): void {
    if (call.hasRequestEnded) throw new Http2Error(errorCode.streamClosed, 'a request goes on after its end')
    if (bytes.length > 0) call.handlers?.data(bytes)
    if (isLast) this.#endRequest(call)
  }

  #endRequest(call: Call): void {
    if (call.hasRequestEnded || call.isOver) return
    call.hasRequestEnded = true
    call.handlers?.ended()
  }

  /** HS5 */
  #finish(call: Call): void {
    if (call.isOver) return
    this.wire.forget(call)
    this.#calls.delete(call.id)
    call.handlers?.closed?.()
  }

  #takeClose(): void {
    for (const call of [...this.#calls.values()]) this.#finish(call)
    this.#closed()
  }
}
