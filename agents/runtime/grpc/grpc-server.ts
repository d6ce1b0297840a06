/**
 * A gRPC server. Upstream: grpc/doc/PROTOCOL-HTTP2.md.
 *
 *   GS1  An unknown method is Unimplemented; a message that cannot be read is Internal, as in grpc-go.
 *   GS2  A refusal is a GrpcError; anything else thrown is Internal, is logged, and tells the client nothing more.
 *   GS3  A stream is read only as fast as its method takes messages, and `send` tells when its reader is behind.
 *   GS4  With a client CA, a connection without a valid certificate does not get as far as a request.
 *
 * Tried first: @grpc/grpc-js. It works, for 15 MB and 60 ms more in every process that loads it. Then node:http2, which takes
 * twice the processor time for a call.
 */
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Log } from '../../base/log.ts'
import { FrameReader, renderFrame, renderGrpcMessage } from '../../wire/grpc/frames.ts'
import { GrpcError, grpcCode } from '../../wire/grpc/grpc-error.ts'
import { MessageError } from '../../wire/grpc/message-codec.ts'
import { type HeaderFields, renderHeaders } from '../../wire/http2/hpack.ts'
import { type CallHandlers, type ServerCall, Http2ServerConnection } from './http2-server-connection.ts'

/** How much may wait in a stream before its reader counts as behind. */
const congestedBytes = 1024 * 1024

export type ServerMethod = UnaryMethod | StreamMethod

export interface UnaryMethod {
  readonly kind: 'unary'
  call(request: Uint8Array): Uint8Array | Promise<Uint8Array>
}

export interface StreamMethod {
  readonly kind: 'stream'
  open(stream: ServerStream): StreamHandlers
}

/** The method's hold on one call. */
export interface ServerStream {
  /** False when the reader is behind; `drained` is called when it is not any more. */
  send(response: Uint8Array): boolean
  /** Ends the call: well, or with an error. */
  end(error?: unknown): void
}

export interface StreamHandlers {
  request(message: Uint8Array): void
  /** The client will send nothing more. */
  finished?(): void
  drained?(): void
  /** The call is over, whoever ended it. */
  closed?(): void
}

export interface GrpcServerOptions {
  readonly methods: ReadonlyMap<string, ServerMethod>
  readonly maxRequestBytes: number
  readonly log: Log
  /** Absent: plain HTTP/2. */
  readonly tls?: { readonly cert: string | Uint8Array; readonly key: string | Uint8Array; readonly clientCa?: string | Uint8Array }
}

export interface GrpcServer extends AsyncDisposable {
  /** 0 of a unix socket. */
  readonly port: number
  readonly connections: number
  readonly counters: Readonly<Record<'calls' | 'failed', number>>
}

/** @param port null: the address is the path of a unix socket */
export async function serveGrpc(address: string, port: number | null, options: GrpcServerOptions): Promise<GrpcServer> {
  const counters = { calls: 0, failed: 0 }
  const connections = new Set<Http2ServerConnection>()
  const server = createStreamServer(options, socket => {
    socket.setNoDelay(true)
    const connection = new Http2ServerConnection(socket, (call, fields) => {
      counters.calls++
      return answer(call, fields, options, () => { counters.failed++ })
    }, () => { connections.delete(connection) })
    connections.add(connection)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port === null ? { path: address } : { port, host: address }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', error => { options.log.warn('grpc server failed', { error }) })
  return {
    port: port === null ? 0 : (server.address() as AddressInfo).port,
    get connections() { return connections.size },
    counters,
    [Symbol.asyncDispose]: () => new Promise(resolve => {
      server.close(() => { resolve() })
      for (const connection of connections) connection.destroy()
    }),
  }
}

function createStreamServer({ tls }: GrpcServerOptions, accept: (socket: Socket) => void): Server {
  if (tls === undefined) return createServer(accept)
  const server = createTlsServer({
    cert: Buffer.from(tls.cert),
    key: Buffer.from(tls.key),
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2'],
    ...(tls.clientCa !== undefined && { ca: Buffer.from(tls.clientCa), requestCert: true, rejectUnauthorized: true }), // GS4
  }, socket => {
    if (socket.alpnProtocol === 'h2') accept(socket)
    else socket.destroy()
  })
  server.on('tlsClientError', () => {}) // the client is told by TLS
  return server
}

const answerBlock = renderHeaders([[':status', '200'], ['content-type', 'application/grpc']])
const wellBlock = renderHeaders([['grpc-status', '0']])
const notGrpcBlock = renderHeaders([[':status', '415']])
const nothing: CallHandlers = { data() {}, ended() {} }

function answer(call: ServerCall, fields: HeaderFields, options: GrpcServerOptions, onFailure: () => void): CallHandlers {
  if (fields.get(':method') !== 'POST' || fields.get('content-type')?.startsWith('application/grpc') !== true) {
    call.finish(notGrpcBlock)
    return nothing
  }
  const path = fields.get(':path') ?? ''
  const fail = (error: unknown): void => {
    onFailure()
    const { code, message } = refusalOf(error, path, options.log)
    endWith(call, code, message)
  }
  const method = options.methods.get(path)
  if (method === undefined) {
    fail(new GrpcError(grpcCode.Unimplemented, `unknown method ${path}`)) // GS1
    return nothing
  }
  return method.kind === 'unary' ? answerUnary(call, method, options, fail) : answerStream(call, method, options, fail)
}

function answerUnary(call: ServerCall, method: UnaryMethod, { maxRequestBytes }: GrpcServerOptions, fail: (error: unknown) => void): CallHandlers {
  const reader = new FrameReader(maxRequestBytes)
  let request: Uint8Array | undefined
  let isOver = false
  const refuse = (error: unknown): void => {
    if (!isOver) fail(error)
    isOver = true
  }
  const respond = (response: Uint8Array): void => {
    if (isOver) return
    isOver = true
    call.respond(answerBlock)
    call.send(renderFrame(response))
    call.finish(wellBlock)
  }
  return {
    data(chunk) {
      if (isOver) return
      try {
        for (const message of reader.push(chunk)) request ??= message
      } catch (error) {
        refuse(error)
      }
      call.taken(chunk.length)
    },
    ended() {
      if (isOver) return
      try {
        if (request === undefined) throw new GrpcError(grpcCode.Internal, 'grpc: the request ended without a message')
        const response = method.call(request)
        if (response instanceof Promise) response.then(respond, refuse)
        else respond(response)
      } catch (error) {
        refuse(error)
      }
    },
  }
}

function answerStream(call: ServerCall, method: StreamMethod, { maxRequestBytes }: GrpcServerOptions, fail: (error: unknown) => void): CallHandlers {
  const reader = new FrameReader(maxRequestBytes)
  let isOver = false
  let isCongested = false
  const end = (error?: unknown): void => {
    if (isOver) return
    isOver = true
    if (error === undefined) endWith(call, grpcCode.Ok, '')
    else fail(error)
  }
  const handlers = method.open({
    send(response) {
      if (isOver || call.isOver) return true
      call.respond(answerBlock)
      call.send(renderFrame(response))
      if (call.waitingBytes < congestedBytes) return true
      isCongested = true
      return false
    },
    end,
  })
  return {
    data(chunk) {
      try {
        for (const message of reader.push(chunk)) if (!isOver) handlers.request(message)
      } catch (error) {
        end(error)
      }
      call.taken(chunk.length)
    },
    ended() { handlers.finished?.() },
    drained() {
      if (!isCongested) return
      isCongested = false
      handlers.drained?.()
    },
    closed() {
      isOver = true
      handlers.closed?.()
    },
  }
}

/** Without an answer yet, headers and trailers are one ("Trailers-Only"). */
function endWith(call: ServerCall, code: number, message: string): void {
  const trailers: [string, string][] = [['grpc-status', String(code)], ...(message === '' ? [] : [['grpc-message', renderGrpcMessage(message)] as [string, string]])]
  call.finish(renderHeaders(call.hasAnswered ? trailers : [[':status', '200'], ['content-type', 'application/grpc'], ...trailers]))
}

function refusalOf(error: unknown, path: string, log: Log): { code: number; message: string } {
  if (error instanceof GrpcError) return { code: error.code, message: error.message }
  if (error instanceof MessageError) return { code: grpcCode.Internal, message: `grpc: failed to unmarshal the received message: ${error.message}` }
  log.error('grpc method failed', { path, error }) // GS2
  return { code: grpcCode.Internal, message: 'internal error' }
}
