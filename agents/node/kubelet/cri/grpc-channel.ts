/**
 * A gRPC client over a plain socket, on Node's own HTTP/2: calls with one answer, and calls with a stream of answers.
 * (The full gRPC library loads a protobuf compiler at start, which an emulated machine takes seconds for.)
 *
 *   GC1  The connection is made at the first call and again after it was lost; a call in flight then fails as UNAVAILABLE.
 *   GC2  Every call ends by its time limit or its signal, and the server is told (RST_STREAM CANCEL).
 *   GC3  A failure is always a GrpcError with gRPC's numeric code; the message is percent-decoded.
 */
import { connect as connectHttp2, constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectSocket, type Socket } from 'node:net'
import { encodeGrpcFrame, GrpcFrameReader } from '../../../wire/cri/grpc-frames.ts'
import type { RemoteCall } from '../../../wire/cri/cri-services.ts'
import { decodeMessage, encodeMessage, type Encodable } from '../../../wire/cri/message-codec.ts'

export const grpcCode = { cancelled: 1, unknown: 2, deadlineExceeded: 4, notFound: 5, alreadyExists: 6, unimplemented: 12, unavailable: 14 } as const

export class GrpcError extends Error {
  override readonly name = 'GrpcError'
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

export function isGrpcNotFound(error: unknown): boolean {
  return error instanceof GrpcError && error.code === grpcCode.notFound
}

export interface CallOptions {
  /** 0 is no limit. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export class GrpcChannel implements Disposable {
  readonly #dial: () => Socket
  #session: ClientHttp2Session | undefined

  /** @param endpoint unix:///path, a path, or a host and port. */
  constructor(endpoint: string | { readonly host: string; readonly port: number }) {
    this.#dial = typeof endpoint === 'string' ? () => connectSocket(endpoint.replace(/^unix:(\/\/)?/, '')) : () => connectSocket(endpoint)
  }

  async call<Q, A>(call: RemoteCall<Q, A>, request: Encodable<Q>, options: CallOptions = {}): Promise<A> {
    let found: A | undefined
    for await (const answer of this.stream(call, request, { timeoutMs: 120_000, ...options })) found ??= answer // to the end: the status comes last
    if (found === undefined) throw new GrpcError(grpcCode.unknown, `${call.path} ended without an answer`)
    return found
  }

  async *stream<Q, A>(call: RemoteCall<Q, A>, request: Encodable<Q>, options: CallOptions = {}): AsyncGenerator<A> {
    if (options.signal?.aborted === true) throw new GrpcError(grpcCode.cancelled, 'the call was cancelled')
    const stream = this.#open(call.path)
    const outcome = watchOutcome(stream, options)
    try {
      stream.end(encodeGrpcFrame(encodeMessage(call.request, request)))
      const frames = new GrpcFrameReader()
      try {
        for await (const chunk of stream as AsyncIterable<Uint8Array>) {
          for (const frame of frames.push(chunk)) yield decodeMessage(call.answer, frame)
        }
      } catch (error) {
        throw outcome.failure() ?? unavailable(error)
      }
      const failure = outcome.failure()
      if (failure !== undefined) throw failure
    } finally {
      outcome.release()
      if (!stream.closed) stream.close(constants.NGHTTP2_CANCEL)
    }
  }

  [Symbol.dispose](): void {
    this.#session?.destroy()
    this.#session = undefined
  }

  #open(path: string): ClientHttp2Stream {
    if (this.#session === undefined || this.#session.destroyed || this.#session.closed) {
      const session = connectHttp2('http://localhost', { createConnection: this.#dial })
      session.on('error', () => { session.destroy() })
      session.on('goaway', () => { session.close() })
      session.on('close', () => {
        if (this.#session === session) this.#session = undefined
      })
      this.#session = session
    }
    try {
      return this.#session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', 'user-agent': 'kubarium-kubelet' })
    } catch (error) {
      this.#session.destroy()
      this.#session = undefined
      throw unavailable(error)
    }
  }
}

function watchOutcome(stream: ClientHttp2Stream, options: CallOptions): { failure: () => GrpcError | undefined; release: () => void } {
  let failed: GrpcError | undefined
  let seenStatus = false
  const fail = (error: GrpcError) => {
    failed ??= error
    stream.close(constants.NGHTTP2_CANCEL)
    stream.destroy()
  }
  const readStatus = (headers: IncomingHttpHeaders) => {
    const status = headers['grpc-status']
    const httpStatus = headers[':status']
    if (status !== undefined) {
      seenStatus = true
      if (status !== '0') failed ??= new GrpcError(Number(status), decodeText(String(headers['grpc-message'] ?? '')))
    } else if (httpStatus !== undefined && Number(httpStatus) !== 200) {
      failed ??= new GrpcError(grpcCode.unavailable, `HTTP status ${httpStatus}`)
    }
  }
  stream.on('response', readStatus)
  stream.on('trailers', readStatus)
  stream.on('error', error => { failed ??= unavailable(error) })
  const timer = (options.timeoutMs ?? 0) > 0 ? setTimeout(() => { fail(new GrpcError(grpcCode.deadlineExceeded, `no answer within ${options.timeoutMs} ms`)) }, options.timeoutMs) : undefined
  const onAbort = () => { fail(new GrpcError(grpcCode.cancelled, 'the call was cancelled')) }
  options.signal?.addEventListener('abort', onAbort, { once: true })
  return {
    failure: () => failed ?? (seenStatus ? undefined : new GrpcError(grpcCode.unavailable, 'the connection was lost')),
    release() {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
    },
  }
}

function unavailable(error: unknown): GrpcError {
  return error instanceof GrpcError ? error : new GrpcError(grpcCode.unavailable, error instanceof Error ? error.message : String(error))
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
