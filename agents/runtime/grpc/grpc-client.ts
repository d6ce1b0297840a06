/**
 * A gRPC client: one HTTP/2 connection, made when first needed and made again after it was lost, to one of several
 * addresses in turn.
 *
 *   GK1  Nothing is retried. A call on a connection that breaks fails with Unavailable; the next one connects anew.
 *   GK2  A connection that does not answer a ping for 10 s is broken: a peer that vanished says nothing.
 *   GK3  A stream is read only as fast as it is iterated.
 *   GK4  A unix socket needs no ping: the kernel says when its other end is gone.
 *   GK5  A time limit of 0 is none.
 */
import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { FrameReader, readGrpcMessage, renderFrame } from '../../wire/grpc/frames.ts'
import type { GrpcChannel, GrpcStream } from '../../wire/grpc/grpc-channel.ts'
import { GrpcError, grpcCode } from '../../wire/grpc/grpc-error.ts'
import { renderHeaders, type HeaderFields } from '../../wire/http2/hpack.ts'
import { Http2Connection, type ClientStream, type StreamEvents } from './http2-connection.ts'

const defaultTimeoutMs = 10_000
const connectTimeoutMs = 5_000
const pingEveryMs = 30_000
const pingTimeoutMs = 10_000

export interface GrpcClientOptions {
  /** Such as https://127.0.0.1:2379 or unix:///run/x.sock; tried in turn. */
  readonly endpoints: readonly string[]
  readonly tls?: { readonly ca?: string | Uint8Array | undefined; readonly cert?: string | Uint8Array | undefined; readonly key?: string | Uint8Array | undefined; readonly serverName?: string | undefined }
  readonly maxResponseBytes?: number
}

export function connectGrpc(options: GrpcClientOptions): GrpcChannel {
  const maxResponseBytes = options.maxResponseBytes ?? 0x7fff_ffff
  const channel = new Channel(options)
  return {
    unary: (path, message, call = {}) => callUnary(channel, path, message, maxResponseBytes, call),
    stream: (path, call = {}) => new CallStream(channel, path, maxResponseBytes, call.signal),
    close: () => channel.close(),
  }
}

/** The connection of the moment. */
class Channel {
  readonly #options: GrpcClientOptions
  readonly #headers = new Map<string, Uint8Array>()
  #connection: { readonly http2: Http2Connection; readonly closed: Promise<void> } | undefined
  #origin = new URL('http://localhost')
  #next = 0
  #closed = false

  constructor(options: GrpcClientOptions) {
    if (options.endpoints.length === 0) throw new RangeError('at least one endpoint is needed')
    this.#options = options
  }

  open(path: string, events: StreamEvents): ClientStream {
    if (this.#closed) throw new GrpcError(grpcCode.Cancelled, 'the connection has been closed')
    const http2 = this.#liveConnection()
    return http2.open(this.#headersOf(path), events)
  }

  async close(): Promise<void> {
    this.#closed = true
    const connection = this.#connection
    this.#connection = undefined
    connection?.http2.destroy()
    await connection?.closed
  }

  #headersOf(path: string): Uint8Array {
    let block = this.#headers.get(path)
    if (block === undefined) {
      const { protocol, host } = this.#origin
      block = renderHeaders([[':method', 'POST'], [':scheme', protocol.slice(0, -1)], [':authority', host], [':path', path], ['content-type', 'application/grpc'], ['te', 'trailers'], ['user-agent', 'kubarium-grpc/1']])
      this.#headers.set(path, block)
    }
    return block
  }

  #liveConnection(): Http2Connection {
    const known = this.#connection
    if (known?.http2.isUsable === true) return known.http2
    const endpoint = this.#options.endpoints[this.#next % this.#options.endpoints.length]!
    const unixPath = unixPathOf(endpoint)
    const { socket, connected } = unixPath === undefined ? dial(endpoint, this.#options) : { socket: connectSocket(unixPath), connected: 'connect' }
    this.#origin = new URL(unixPath === undefined ? endpoint : 'http://localhost')
    this.#headers.clear()
    const closed = Promise.withResolvers<void>()
    let ping: NodeJS.Timeout | undefined
    const http2 = new Http2Connection(socket, {
      leaving: () => { if (this.#connection?.http2 === http2) this.#connection = undefined },
      closed: error => {
        clearTimeout(timer)
        clearInterval(ping)
        if (error !== undefined) this.#next++
        closed.resolve()
      },
    })
    const timer = setTimeout(() => { http2.destroy(new Error(`no connection to ${endpoint} within ${String(connectTimeoutMs)} ms`)) }, connectTimeoutMs)
    socket.once(connected, () => {
      clearTimeout(timer)
      if ('alpnProtocol' in socket && socket.alpnProtocol !== 'h2') {
        http2.destroy(new Error(`${endpoint} does not speak HTTP/2`))
        return
      }
      if (unixPath !== undefined) return // GK4
      ping = setInterval(() => { checkAlive(http2) }, pingEveryMs)
      ping.unref()
    })
    this.#connection = { http2, closed: closed.promise }
    return http2
  }
}

/** GK2 */
function checkAlive(http2: Http2Connection): void {
  const timer = setTimeout(() => { http2.destroy(new Error('the peer did not answer a ping')) }, pingTimeoutMs)
  timer.unref()
  http2.ping(() => { clearTimeout(timer) })
}

function unixPathOf(endpoint: string): string | undefined {
  return endpoint.startsWith('unix:') ? endpoint.replace(/^unix:(\/\/)?/, '') : undefined
}

/** `connected` names the event. */
function dial(endpoint: string, options: GrpcClientOptions): { socket: Socket; connected: 'connect' | 'secureConnect' } {
  const url = new URL(endpoint)
  const isSecure = url.protocol === 'https:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  const socket = isSecure ? connectTls({ ...tlsOptions(options, host), host, port, ALPNProtocols: ['h2'] }) : connectSocket({ host, port })
  socket.setNoDelay(true)
  return { socket, connected: isSecure ? 'secureConnect' : 'connect' }
}

function tlsOptions({ tls = {} }: GrpcClientOptions, host: string): ConnectionOptions {
  const servername = tls.serverName ?? (isIP(host) === 0 ? host : undefined)
  return { ca: pem(tls.ca), cert: pem(tls.cert), key: pem(tls.key), ...(servername !== undefined && { servername }), minVersion: 'TLSv1.2' }
}

function pem(value: string | Uint8Array | undefined): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(value)
}

interface UnaryOptions {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
}

function callUnary(channel: Channel, path: string, message: Uint8Array, maxResponseBytes: number, { signal, timeoutMs = defaultTimeoutMs }: UnaryOptions): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled())
      return
    }
    const ending = new Ending()
    const reader = new FrameReader(maxResponseBytes)
    let response: Uint8Array | undefined
    let stream: ClientStream
    const giveUp = (error: GrpcError): void => {
      stream.cancel()
      settle(error)
    }
    const settle = (error: GrpcError | undefined): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      if (error !== undefined) reject(error)
      else if (response === undefined) reject(new GrpcError(grpcCode.Internal, 'the answer held no message'))
      else resolve(response)
    }
    try {
      stream = channel.open(path, {
        headers: fields => { ending.read(fields) },
        data: chunk => {
          stream.taken(chunk.length)
          try {
            for (const received of reader.push(chunk)) response ??= received
          } catch (error) {
            giveUp(error as GrpcError)
          }
        },
        closed: error => { settle(ending.error(error)) },
      })
    } catch (error) {
      reject(error instanceof GrpcError ? error : unavailable(error))
      return
    }
    const timer = timeoutMs === 0 ? undefined : setTimeout(() => { giveUp(new GrpcError(grpcCode.DeadlineExceeded, `no answer within ${String(timeoutMs)} ms`)) }, timeoutMs) // GK5
    const onAbort = (): void => { giveUp(cancelled()) }
    signal?.addEventListener('abort', onAbort, { once: true })
    stream.send(renderFrame(message), true)
  })
}

/** Finds out how a call ended: what the server said, else what broke. */
class Ending {
  #status: GrpcError | 'ok' | undefined
  #httpStatus: number | undefined

  read(fields: HeaderFields): void {
    const httpStatus = fields.get(':status')
    if (httpStatus !== undefined) this.#httpStatus = Number(httpStatus)
    const status = fields.get('grpc-status')
    if (status === undefined) return
    this.#status = status === '0' ? 'ok' : new GrpcError(Number(status), readGrpcMessage(fields.get('grpc-message') ?? ''))
  }

  error(failure: Error | undefined): GrpcError | undefined {
    if (this.#status === 'ok') return undefined
    if (this.#status !== undefined) return this.#status
    if (this.#httpStatus !== undefined && this.#httpStatus !== 200) return new GrpcError(grpcCode.Unavailable, `the server answered HTTP ${String(this.#httpStatus)}`)
    return unavailable(failure)
  }
}

class CallStream implements GrpcStream {
  readonly #stream: ClientStream
  readonly #reader: FrameReader
  readonly #chunks: Uint8Array[] = []
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = (): void => { this.cancel() }
  #wake: (() => void) | undefined
  #end: { readonly error: GrpcError | undefined } | undefined
  #hasEnded = false

  constructor(channel: Channel, path: string, maxResponseBytes: number, signal: AbortSignal | undefined) {
    this.#reader = new FrameReader(maxResponseBytes)
    this.#signal = signal
    const ending = new Ending()
    this.#stream = channel.open(path, {
      headers: fields => { ending.read(fields) },
      data: chunk => {
        this.#chunks.push(chunk)
        this.#wake?.()
      },
      closed: error => { this.#finish(ending.error(error)) },
    })
    if (signal?.aborted === true) this.cancel()
    else signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  send(message: Uint8Array): void {
    if (!this.#hasEnded) this.#stream.send(renderFrame(message), false)
  }

  end(): void {
    if (!this.#hasEnded) this.#stream.end()
    this.#hasEnded = true
  }

  cancel(): void {
    this.#stream.cancel()
    this.#finish(cancelled())
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift()
        if (chunk !== undefined) {
          yield* this.#reader.push(chunk)
          this.#stream.taken(chunk.length) // GK3
        } else if (this.#end === undefined) {
          await new Promise<void>(resolve => { this.#wake = resolve })
        } else if (this.#end.error === undefined) {
          return
        } else {
          throw this.#end.error
        }
      }
    } finally {
      this.cancel() // whoever stops reading wants no more
    }
  }

  #finish(error: GrpcError | undefined): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#wake?.()
  }
}

function cancelled(): GrpcError {
  return new GrpcError(grpcCode.Cancelled, 'the call was cancelled')
}

function unavailable(cause: unknown): GrpcError {
  const reason = cause instanceof Error ? cause.message : 'the connection was lost'
  return new GrpcError(grpcCode.Unavailable, reason)
}
