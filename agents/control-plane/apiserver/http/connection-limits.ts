/**
 * What one connection may cost, so that no client holds the server by doing nothing, or by doing too much.
 * Upstream: apiserver/pkg/server/secure_serving.go.
 *
 *   CL1  Head lines of a request have 32 s to arrive and may be 1 MiB long; a TLS handshake has 32 s.
 *   CL2  A connection on which nothing is asked is closed after 90 s; watches and streams keep theirs. Node's own limit for
 *        HTTP/1.1 would tell clients of it in a header that upstream does not send.
 *   CL3  What is no HTTP/1.1 is answered in one line and cut off; nothing that follows it on the connection is read, so that
 *        no proxy in front and this server can disagree about where a request ends.
 *   CL4  HTTP/2: Node bounds settings, pings and memory by itself; a line of the head has 64 KiB, which is announced. Of a
 *        body that nobody reads yet 256 KiB may have come. A connection has 100 streams, and may reset 200 at once and 50 a
 *        second from then on; what resets more is closed.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2SecureServer, Http2ServerRequest, SecureServerOptions, ServerHttp2Session } from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'

const headMs = 32_000
const idleMs = 90_000
const maxHeadBytes = 1024 * 1024

/** Options for createSecureServer. */
export const connectionLimits: SecureServerOptions = {
  handshakeTimeout: headMs, // CL1
  settings: { maxConcurrentStreams: 100, initialWindowSize: 256 * 1024 },
  maxHeaderListPairs: 256,
  streamResetBurst: 200,
  streamResetRate: 50,
  // Node's default (10 MB a session) lets one client's lists pile up; header floods are bounded by Node itself.
  maxSessionMemory: 64,
  ...({ maxHeaderSize: maxHeadBytes } as object), // read by the HTTP/1.1 side
}

const refusals: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
}

/** Before the server listens. */
export function limitConnections(server: Http2SecureServer): void {
  // CL1 CL2: a server for both versions does not read them from its options.
  Object.assign(server, { headersTimeout: headMs, connectionsCheckingInterval: 5_000, keepAliveTimeout: 0 })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => { // CL3
    if (error.code === 'ECONNRESET' || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' || !socket.writable) { // nothing can be said before a handshake
      socket.destroy()
      return
    }
    const code = error.code ?? ''
    const line = Object.hasOwn(refusals, code) ? refusals[code]! : '400 Bad Request'
    socket.end(`HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${line}`, () => {
      socket.destroySoon()
    })
  })
  closeIdleSockets(server)
  server.on('session', (session: ServerHttp2Session) => { // CL2
    let open = 0
    session.on('stream', stream => {
      open += 1
      stream.once('close', () => { open -= 1 })
    })
    session.setTimeout(idleMs, () => {
      if (open === 0) session.close()
    })
  })
}

/** CL2 for HTTP/1.1. A socket's timer starts anew with whatever is read or written, so the end of an answer starts it too. */
function closeIdleSockets(server: Http2SecureServer): void {
  const answers = new WeakMap<Socket, ServerResponse>()
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') socket.setTimeout(idleMs)
  })
  server.on('request', ((request: IncomingMessage | Http2ServerRequest, response: ServerResponse) => {
    if (request.httpVersionMajor === 1) answers.set(request.socket, response)
  }) as never)
  server.on('upgrade', (_request: IncomingMessage, socket: Socket) => {
    socket.setTimeout(0)
  })
  server.on('timeout', (socket: Socket) => { // with a listener, Node does not cut off busy ones
    const answer = answers.get(socket)
    if (answer === undefined || answer.writableFinished || answer.destroyed) socket.destroySoon()
  })
}
