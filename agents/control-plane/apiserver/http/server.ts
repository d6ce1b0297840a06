/**
 * The one TLS port: HTTP/1.1 and HTTP/2 by ALPN, client certificates asked for but not demanded.
 *
 *   SV1  Every request becomes an Exchange and goes through the filters; an Upgrade does too, with a bare socket to answer on.
 *   SV2  A path is used as sent: it is not normalised, and an encoded slash stays inside its segment.
 *   SV4  Requests that arrive together do not all begin in one turn of the event loop (turn-share.ts).
 *   SV3  Watches keep connections busy; closing ends idle ones at once and gives the rest a moment.
 */
import { randomUUID } from 'node:crypto'
import { createSecureServer } from 'node:http2'
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2'
import { ServerResponse } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../base/clock.ts'
import { connectionLimits, limitConnections } from './connection-limits.ts'
import { Exchange } from './exchange.ts'
import { readRequestInfo } from './request-info.ts'
import type { ServingCertificates } from './serving-certificates.ts'
import { TurnShare } from './turn-share.ts'

export interface ServerOptions {
  readonly address: string
  readonly port: number
  readonly certificates: ServingCertificates
  readonly clock: Clock
  readonly serve: (exchange: Exchange) => Promise<void>
}

export interface ApiListener extends AsyncDisposable {
  readonly port: number
  readonly connections: number
  /** New connections get what the certificates now are. */
  renewCertificates(): void
  /** New requests are told to go elsewhere. */
  becomeDraining(): void
}

const upgradeHead = Symbol('head')

interface Upgrading {
  [upgradeHead]?: { socket: Duplex; head: Buffer }
}

/** The raw connection of an Upgrade request, for handlers that take it over. */
export function takeUpgrade(exchange: Exchange): { socket: Duplex; head: Buffer } | undefined {
  return (exchange.request as Upgrading)[upgradeHead]
}

export async function listenApi(options: ServerOptions): Promise<ApiListener> {
  const sockets = new Set<Socket>()
  const sessions = new Set<ServerHttp2Session>()
  const share = new TurnShare()
  const onRequest = (request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse) => {
    share.take({ // SV4
      isWanted: () => !request.destroyed && !response.destroyed,
      begin() {
        serveOne(options, request, response)
      },
    })
  }
  const server: Http2SecureServer = createSecureServer({
    allowHTTP1: true,
    ...options.certificates.context,
    SNICallback: (name, done) => {
      done(null, options.certificates.contextFor(name))
    },
    requestCert: true,
    rejectUnauthorized: false,
    ...connectionLimits,
  })
  limitConnections(server)
  server.on('request', onRequest as never)
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    ;(request as Upgrading)[upgradeHead] = { socket, head }
    const response = new ServerResponse(request)
    response.assignSocket(socket as Socket)
    response.shouldKeepAlive = false
    socket.on('error', () => {})
    response.once('finish', () => {
      response.detachSocket(socket as Socket)
      if (!socket.destroyed) socket.end()
    })
    serveOne(options, request, response)
  })
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('session', (session: ServerHttp2Session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.on('error', () => {})
  })
  server.on('tlsClientError', () => {})
  server.on('sessionError', () => {})
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      reject((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? new Error(`port ${options.port} on ${options.address} is already in use`) : error)
    })
    server.listen(options.port, options.address, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return sockets.size
    },
    renewCertificates() {
      server.setSecureContext(options.certificates.context)
    },
    becomeDraining() {
      for (const session of sessions) session.goaway()
    },
    [Symbol.asyncDispose]: () => closeAll(server, sessions, sockets),
  }
}

function serveOne(options: ServerOptions, request: IncomingMessage | Http2ServerRequest, response: ServerResponse | Http2ServerResponse): void {
  const method = request.method ?? 'GET'
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = decodedPath(mark < 0 ? url : url.slice(0, mark))
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1)
  const query = new URLSearchParams(rawQuery)
  const info = readRequestInfo(method, path, query)
  const exchange = new Exchange({ request, response, method, path, rawQuery, query, info, auditId: request.headers['audit-id'] as string | undefined ?? randomUUID(), startedMs: options.clock.now(), remoteAddress: remoteAddressOf(request) })
  request.on('error', () => {})
  response.on('error', () => {})
  options.serve(exchange).catch(() => {
    response.destroy?.()
  })
}

function remoteAddressOf(request: IncomingMessage | Http2ServerRequest): string | undefined {
  return 'stream' in request ? request.stream.session?.socket.remoteAddress : request.socket.remoteAddress
}

/** Percent-encoding is undone once, but an encoded slash stays encoded (SV2). */
function decodedPath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return path.split(/(%2f)/i).map(part => (/^%2f$/i.test(part) ? part : decodeURIComponent(part))).join('')
  } catch {
    return path
  }
}

async function closeAll(server: Http2SecureServer, sessions: Set<ServerHttp2Session>, sockets: Set<Socket>): Promise<void> {
  const closed = new Promise<void>(resolve => {
    server.close(() => {
      resolve()
    })
  })
  for (const session of sessions) session.close()
  const impatient = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, 300)
  for (const socket of sockets) if (socket.listenerCount('data') === 0) socket.destroySoon()
  await closed
  clearTimeout(impatient)
}
