/**
 * One SPDY/3.1 connection as Kubernetes uses it (exec, attach, port-forward), either end, over any byte carrier.
 *
 *   SC1  The client numbers its streams 1, 3, 5 …, a server 2, 4, …; a stream the peer opens is announced once and must
 *        be answered with reply() or reset().
 *   SC2  Each direction of a stream ends by itself (half-close); the stream is over when both have, or on a reset.
 *   SC3  PINGs of the peer are echoed; ours are odd (client) or even (server).
 *   SC4  Chunks that come before somebody listens are kept, and count against the receive window.
 *   SC5  When the carrier is gone every open stream is told exactly once.
 *   SC6  Data for a stream that is unknown or over is dropped.
 */
import { ReceiveWindow, type ByteCarrier, type ChunkListener } from './byte-link.ts'
import { SpdyFrameReader, SpdyFrameWriter, type SpdyFrame, type SpdyHeaders } from './spdy-frames.ts'

const maxDataBytes = 32 * 1024

export interface SpdyConnectionOptions {
  readonly role: 'client' | 'server'
  readonly carrier: ByteCarrier
  onStream?(stream: SpdyStream): void
  /** After GOAWAY, a protocol error or the carrier's end. */
  onClose?(reason: string): void
}

export class SpdyConnection {
  readonly #options: SpdyConnectionOptions
  readonly #reader = new SpdyFrameReader()
  readonly #writer = new SpdyFrameWriter()
  readonly #streams = new Map<number, SpdyStream>()
  readonly #window: ReceiveWindow
  #nextId: number
  #nextPing: number
  #lastPeerId = 0
  #isOver = false

  constructor(options: SpdyConnectionOptions) {
    this.#options = options
    this.#window = new ReceiveWindow(options.carrier)
    this.#nextId = options.role === 'client' ? 1 : 2
    this.#nextPing = this.#nextId
  }

  get streamCount(): number {
    return this.#streams.size
  }

  receive(bytes: Uint8Array): void {
    if (this.#isOver) return
    try {
      for (const frame of this.#reader.push(bytes)) this.#take(frame)
    } catch (error) {
      this.send({ type: 'go-away', lastStreamId: this.#lastPeerId, status: 1 })
      this.#options.carrier.end()
      this.lost(error instanceof Error ? error.message : String(error))
    }
  }

  /** Opens a stream; its `replied` resolves when the peer accepts. */
  open(headers: SpdyHeaders, options: { readonly fin?: boolean } = {}): SpdyStream {
    const stream = new SpdyStream(this, this.#nextId, headers, false)
    this.#nextId += 2
    if (this.#isOver) stream.lost()
    else this.#streams.set(stream.id, stream)
    this.send({ type: 'syn-stream', streamId: stream.id, headers, fin: options.fin === true, unidirectional: false })
    if (options.fin === true) stream.endedLocally()
    return stream
  }

  ping(): void {
    this.send({ type: 'ping', id: this.#nextPing })
    this.#nextPing += 2
  }

  /** Says goodbye and closes the carrier once everything queued has gone. */
  close(): void {
    if (this.#isOver) return
    this.send({ type: 'go-away', lastStreamId: this.#lastPeerId, status: 0 })
    this.#options.carrier.end()
    this.lost('closed')
  }

  /** To be called when the carrier has ended or failed. */
  lost(reason: string): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const stream of [...this.#streams.values()]) stream.lost() // SC5
    this.#streams.clear()
    this.#options.onClose?.(reason)
  }

  /** For streams. */
  send(frame: SpdyFrame): void {
    if (!this.#isOver) this.#options.carrier.write(this.#writer.render(frame))
  }

  /** For streams. */
  drained(): Promise<void> {
    return this.#isOver ? Promise.resolve() : this.#options.carrier.drained()
  }

  /** For streams. */
  forget(streamId: number): void {
    this.#streams.delete(streamId)
  }

  /** For streams: notes bytes waiting. */
  hold(sizeBytes: number): () => void {
    return this.#window.take(sizeBytes)
  }

  #take(frame: SpdyFrame): void {
    switch (frame.type) {
      case 'syn-stream':
        this.#accept(frame.streamId, frame.headers, frame.fin)
        return
      case 'syn-reply':
        this.#streams.get(frame.streamId)?.accepted(frame.fin)
        return
      case 'data':
        this.#streams.get(frame.streamId)?.received(frame.data, frame.fin) // SC6
        return
      case 'headers':
        if (frame.fin) this.#streams.get(frame.streamId)?.received(new Uint8Array(0), true)
        return
      case 'rst-stream':
        this.#streams.get(frame.streamId)?.lost()
        this.#streams.delete(frame.streamId)
        return
      case 'ping': {
        const isOurs = frame.id % 2 === this.#nextPing % 2
        if (!isOurs) this.send(frame) // SC3
        return
      }
      case 'go-away':
        this.#options.carrier.end()
        this.lost('the peer said goodbye')
        return
      case 'ignored':
        return
    }
  }

  #accept(streamId: number, headers: SpdyHeaders, fin: boolean): void {
    if (this.#streams.has(streamId) || streamId % 2 === this.#nextId % 2) {
      this.send({ type: 'rst-stream', streamId, status: 1 })
      return
    }
    this.#lastPeerId = Math.max(this.#lastPeerId, streamId)
    const stream = new SpdyStream(this, streamId, headers, true)
    this.#streams.set(streamId, stream)
    this.#options.onStream?.(stream)
    if (fin) stream.received(new Uint8Array(0), true)
  }
}

export class SpdyStream {
  readonly id: number
  readonly headers: SpdyHeaders
  /** Resolves true when the peer accepts the stream, false when it never will. */
  readonly replied: Promise<boolean>
  readonly #connection: SpdyConnection
  #settleReply: (accepted: boolean) => void = () => {}
  #waiting: { chunk: Uint8Array; consumed: () => void }[] = []
  #onChunk: ChunkListener | undefined
  #onEnd: ((clean: boolean) => void) | undefined
  #end: 'open' | 'clean' | 'lost' = 'open'
  #localEnded = false

  constructor(connection: SpdyConnection, id: number, headers: SpdyHeaders, isPeers: boolean) {
    this.#connection = connection
    this.id = id
    this.headers = headers
    this.replied = isPeers ? Promise.resolve(true) : new Promise(resolve => (this.#settleReply = resolve))
  }

  header(name: string): string | undefined {
    return this.headers[name.toLowerCase()]?.[0]
  }

  get isOver(): boolean {
    return this.#end === 'lost' || (this.#end === 'clean' && this.#localEnded)
  }

  reply(): void {
    this.#connection.send({ type: 'syn-reply', streamId: this.id, headers: {}, fin: false })
  }

  reset(status = 5): void {
    if (this.isOver) return
    this.#connection.send({ type: 'rst-stream', streamId: this.id, status })
    this.lost()
    this.#connection.forget(this.id)
  }

  /** Resolves when more may be written. Writing to a stream that is over does nothing. */
  write(data: Uint8Array): Promise<void> {
    if (this.#localEnded || this.#end === 'lost') return Promise.resolve()
    for (let at = 0; at < data.length; at += maxDataBytes) {
      this.#connection.send({ type: 'data', streamId: this.id, data: data.subarray(at, at + maxDataBytes), fin: false })
    }
    return this.#connection.drained()
  }

  /** Half-close: no more from us. */
  end(): void {
    if (this.#localEnded || this.#end === 'lost') return
    this.#connection.send({ type: 'data', streamId: this.id, data: new Uint8Array(0), fin: true })
    this.endedLocally()
  }

  /** `onEnd(clean)` comes once: clean when the peer half-closed, not when the stream was reset or lost. */
  listen(onChunk: ChunkListener, onEnd: (clean: boolean) => void): void {
    this.#onChunk = onChunk
    this.#onEnd = onEnd
    for (const { chunk, consumed } of this.#waiting.splice(0)) onChunk(chunk, consumed)
    if (this.#end !== 'open') onEnd(this.#end === 'clean')
  }

  /** For the connection. */
  accepted(fin: boolean): void {
    this.#settleReply(true)
    if (fin) this.received(new Uint8Array(0), true)
  }

  /** For the connection. */
  received(data: Uint8Array, fin: boolean): void {
    if (this.#end !== 'open') return
    if (data.length > 0) {
      const consumed = this.#connection.hold(data.length)
      if (this.#onChunk === undefined) this.#waiting.push({ chunk: data, consumed }) // SC4
      else this.#onChunk(data, consumed)
    }
    if (fin) this.#finish('clean')
  }

  /** For the connection. */
  endedLocally(): void {
    this.#localEnded = true
    if (this.#end !== 'open') this.#connection.forget(this.id) // SC2
  }

  /** For the connection: reset by the peer, or the carrier has gone. */
  lost(): void {
    this.#settleReply(false)
    this.#finish('lost')
  }

  #finish(how: 'clean' | 'lost'): void {
    if (this.#end !== 'open') return
    this.#end = how
    if (how === 'lost' || this.#localEnded) this.#connection.forget(this.id)
    this.#onEnd?.(how === 'clean')
  }
}
