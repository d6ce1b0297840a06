/**
 * A gRPC client on node:http2: one connection, made when first needed and made again after it was lost, to one of
 * several addresses in turn.
 *
 *   GK1  Nothing is retried. A call on a connection that breaks fails with Unavailable; the next one connects anew.
 *   GK2  A connection that does not answer a ping for 10 s is broken: a peer that vanished says nothing.
 *   GK3  A stream is read only as fast as it is iterated.
 *   GK4  A unix socket needs no ping: the kernel says when its other end is gone.
 *   GK5  A time limit of 0 is none.
 */
import { connect, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders, type SecureClientSessionOptions } from 'node:http2'
import { connect as connectSocket } from 'node:net'
import { FrameReader, readGrpcMessage, renderFrame } from '../../wire/grpc/frames.ts'
import type { GrpcChannel, GrpcStream } from '../../wire/grpc/grpc-channel.ts'
import { GrpcError, grpcCode } from '../../wire/grpc/grpc-error.ts'
import { sessionSettings } from './session-settings.ts'

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
  const connection = new Connection(options)
  return {
    unary: (path, message, call = {}) => callUnary(connection, path, message, maxResponseBytes, call),
    stream: (path, call = {}) => new Http2Stream(connection.open(path), maxResponseBytes, call.signal),
    close: () => connection.close(),
  }
}

class Connection {
  readonly #options: GrpcClientOptions
  #session: ClientHttp2Session | undefined
  #next = 0
  #closed = false

  constructor(options: GrpcClientOptions) {
    if (options.endpoints.length === 0) throw new RangeError('at least one endpoint is needed')
    this.#options = options
  }

  open(path: string): ClientHttp2Stream {
    if (this.#closed) throw new GrpcError(grpcCode.Cancelled, 'the connection has been closed')
    const session = this.#liveSession()
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'kubarium-grpc/1' })
    stream.on('error', () => {}) // whoever uses it listens for its end
    return stream
  }

  async close(): Promise<void> {
    this.#closed = true
    const session = this.#session
    this.#session = undefined
    if (session === undefined || session.destroyed) return
    await new Promise<void>(resolve => {
      session.once('close', resolve)
      session.destroy()
    })
  }

  #liveSession(): ClientHttp2Session {
    const known = this.#session
    if (known !== undefined && !known.closed && !known.destroyed) return known
    const endpoint = this.#options.endpoints[this.#next % this.#options.endpoints.length]!
    const limits = { settings: sessionSettings.settings, maxSessionMemory: sessionSettings.maxSessionMemoryMegabytes }
    const unixPath = unixPathOf(endpoint)
    const session = unixPath === undefined ? connect(endpoint, { ...tlsOptions(this.#options), ...limits }) : connect('http://localhost', { createConnection: () => connectSocket(unixPath), ...limits })
    this.#session = session
    const timer = setTimeout(() => { session.destroy(new Error(`no connection to ${endpoint} within ${String(connectTimeoutMs)} ms`)) }, connectTimeoutMs)
    let ping: NodeJS.Timeout | undefined
    session.once('connect', () => {
      clearTimeout(timer)
      session.setLocalWindowSize(sessionSettings.connectionWindowBytes)
      if (unixPath !== undefined) return // GK4
      ping = setInterval(() => { checkAlive(session) }, pingEveryMs)
      ping.unref()
    })
    session.on('error', () => { this.#next++ }) // the streams are told
    session.on('goaway', () => { if (this.#session === session) this.#session = undefined })
    session.on('close', () => {
      clearTimeout(timer)
      clearInterval(ping)
      if (this.#session === session) this.#session = undefined
    })
    return session
  }
}

/** GK2 */
function checkAlive(session: ClientHttp2Session): void {
  if (session.destroyed || session.closed) return
  const timer = setTimeout(() => { session.destroy(new Error('the peer did not answer a ping')) }, pingTimeoutMs)
  timer.unref()
  session.once('close', () => { clearTimeout(timer) })
  session.ping(() => { clearTimeout(timer) })
}

function unixPathOf(endpoint: string): string | undefined {
  return endpoint.startsWith('unix:') ? endpoint.replace(/^unix:(\/\/)?/, '') : undefined
}

function tlsOptions({ tls }: GrpcClientOptions): SecureClientSessionOptions {
  if (tls === undefined) return {}
  return { ca: pem(tls.ca), cert: pem(tls.cert), key: pem(tls.key), ...(tls.serverName !== undefined && { servername: tls.serverName }), minVersion: 'TLSv1.2' }
}

function pem(value: string | Uint8Array | undefined): Buffer | undefined {
  return value === undefined ? undefined : Buffer.from(value)
}

function callUnary(connection: Connection, path: string, message: Uint8Array, maxResponseBytes: number, { signal, timeoutMs = defaultTimeoutMs }: { signal?: AbortSignal | undefined; timeoutMs?: number | undefined }): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(cancelled())
      return
    }
    let stream: ClientHttp2Stream
    try {
      stream = connection.open(path)
    } catch (error) {
      reject(error instanceof GrpcError ? error : unavailable(error))
      return
    }
    const reader = new FrameReader(maxResponseBytes)
    const ending = new Ending(stream)
    let response: Uint8Array | undefined
    const giveUp = (error: GrpcError): void => {
      ending.decide(error)
      stream.close(constants.NGHTTP2_CANCEL)
    }
    const timer = timeoutMs === 0 ? undefined : setTimeout(() => { giveUp(new GrpcError(grpcCode.DeadlineExceeded, `no answer within ${String(timeoutMs)} ms`)) }, timeoutMs) // GK5
    const onAbort = (): void => { giveUp(cancelled()) }
    signal?.addEventListener('abort', onAbort, { once: true })
    stream.on('data', (chunk: Uint8Array) => {
      try {
        for (const received of reader.push(chunk)) response ??= received
      } catch (error) {
        giveUp(error as GrpcError)
      }
    })
    stream.on('close', () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
      const error = ending.error()
      if (error !== undefined) reject(error)
      else if (response === undefined) reject(new GrpcError(grpcCode.Internal, 'the answer held no message'))
      else resolve(response)
    })
    stream.end(renderFrame(message))
  })
}

/** Finds out how a call ended: what the server said, else what broke. */
class Ending {
  #decided: GrpcError | undefined
  #status: GrpcError | 'ok' | undefined
  #failure: unknown
  #httpStatus: number | undefined

  constructor(stream: ClientHttp2Stream) {
    stream.on('response', (headers: IncomingHttpHeaders) => {
      this.#httpStatus = Number(headers[':status'])
      this.#read(headers)
    })
    stream.on('trailers', (headers: IncomingHttpHeaders) => { this.#read(headers) })
    stream.on('error', (error: unknown) => { this.#failure ??= error })
  }

  decide(error: GrpcError): void {
    this.#decided ??= error
  }

  error(): GrpcError | undefined {
    if (this.#decided !== undefined) return this.#decided
    if (this.#status === 'ok') return undefined
    if (this.#status !== undefined) return this.#status
    if (this.#httpStatus !== undefined && this.#httpStatus !== 200) return new GrpcError(grpcCode.Unavailable, `the server answered HTTP ${String(this.#httpStatus)}`)
    return unavailable(this.#failure)
  }

  #read(headers: IncomingHttpHeaders): void {
    const status = headers['grpc-status']
    if (status === undefined) return
    this.#status = status === '0' ? 'ok' : new GrpcError(Number(status), readGrpcMessage(String(headers['grpc-message'] ?? '')))
  }
}

class Http2Stream implements GrpcStream {
  readonly #stream: ClientHttp2Stream
  readonly #reader: FrameReader
  readonly #ending: Ending

  constructor(stream: ClientHttp2Stream, maxResponseBytes: number, signal: AbortSignal | undefined) {
    this.#stream = stream
    this.#reader = new FrameReader(maxResponseBytes)
    this.#ending = new Ending(stream)
    if (signal === undefined) return
    const onAbort = (): void => { this.cancel() }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    stream.on('close', () => { signal.removeEventListener('abort', onAbort) })
  }

  send(message: Uint8Array): void {
    if (!this.#stream.destroyed && !this.#stream.writableEnded) this.#stream.write(renderFrame(message))
  }

  end(): void {
    if (!this.#stream.writableEnded) this.#stream.end()
  }

  cancel(): void {
    this.#ending.decide(cancelled())
    this.#stream.close(constants.NGHTTP2_CANCEL)
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    const closed = this.#stream.closed && this.#stream.destroyed ? Promise.resolve() : new Promise<void>(resolve => { this.#stream.once('close', resolve) })
    try {
      for await (const chunk of this.#stream) yield* this.#reader.push(chunk as Uint8Array)
    } catch (error) {
      if (error instanceof GrpcError) {
        this.#ending.decide(error)
        this.#stream.close(constants.NGHTTP2_CANCEL)
      }
    } finally {
      if (!this.#stream.destroyed) this.#stream.close(constants.NGHTTP2_CANCEL)
    }
    await closed
    const error = this.#ending.error()
    if (error !== undefined) throw error
  }
}

function cancelled(): GrpcError {
  return new GrpcError(grpcCode.Cancelled, 'the call was cancelled')
}

function unavailable(cause: unknown): GrpcError {
  const reason = cause instanceof Error ? cause.message : 'the connection was lost'
  return new GrpcError(grpcCode.Unavailable, reason)
}
