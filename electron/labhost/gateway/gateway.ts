/**
 * The lab host's one door: an HTTP server on 127.0.0.1 that gives the page to browsers and the contract to whoever has
 * the token (rules GW in admission.ts).
 *
 *   GET /contract (WebSocket)   the contract, frames as in electron/contract/frames.ts
 *   GET /open?ticket=…          redeems a one-time ticket for the page's cookie, then shows the page
 *   GET anything else           the built GUI, for holders of the cookie
 */
import { randomBytes } from 'node:crypto'
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Clock } from '../../../agents/base/clock.ts'
import type { Log } from '../../../agents/base/log.ts'
import { type GateSecrets, type RequestFacts, checkAddressing, checkContract, hasSession, sessionCookie } from './admission.ts'
import type { ContractService } from './contract-service.ts'
import { Session } from './session.ts'
import { type StaticFile, pageHeaders, readStaticFiles } from './static-files.ts'
import { Tickets } from './tickets.ts'

export interface GatewayOptions {
  readonly service: ContractService
  readonly token: string
  /** Folder of the built GUI; null where it was not built. */
  readonly pageDir: string | null
  readonly ticketMs: number
  readonly frameBytes: number
  readonly clock: Clock
  readonly log: Log
  readonly port?: number
}

export interface Gateway extends AsyncDisposable {
  readonly port: number
  /** An address that opens the page once. */
  openingAddress(): string
}

export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const tickets = new Tickets(options.clock, options.ticketMs)
  const page = options.pageDir === null ? new Map<string, StaticFile>() : readStaticFiles(options.pageDir)
  const server = createServer()
  const port = await listen(server, options.port ?? 0)
  const secrets: GateSecrets = { port, token: options.token, session: randomBytes(32).toString('base64url') }
  const sockets = new WebSocketServer({ noServer: true, maxPayload: options.frameBytes })
  const sessions = new Set<WebSocket>()

  server.on('request', (request, response) => {
    answerPage(request, response, { secrets, tickets, page })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => {})
    const verdict = pathOf(request) === '/contract' ? checkContract(factsOf(request), secrets) : ({ admitted: false, code: 403, reason: 'only /contract is a WebSocket' } as const)
    if (!verdict.admitted) {
      options.log.warn('connection refused', { reason: verdict.reason, origin: request.headers.origin, host: request.headers.host })
      socket.end(`HTTP/1.1 ${verdict.code} Refused\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${Buffer.byteLength(verdict.reason)}\r\n\r\n${verdict.reason}`)
      return
    }
    sockets.handleUpgrade(request, socket, head, webSocket => {
      sessions.add(webSocket)
      serve(webSocket, options.service, () => sessions.delete(webSocket))
    })
  })

  return {
    port,
    openingAddress: () => `http://127.0.0.1:${port}/open?ticket=${tickets.issue()}`,
    [Symbol.asyncDispose]: async () => {
      for (const webSocket of sessions) webSocket.close(1001, 'the lab host stops')
      setTimeout(() => { for (const webSocket of sessions) webSocket.terminate() }, 200).unref()
      server.closeIdleConnections()
      await new Promise<void>(resolve => {
        server.close(() => { resolve() })
        setTimeout(() => { server.closeAllConnections() }, 300).unref()
      })
    },
  }
}

function serve(webSocket: WebSocket, service: ContractService, left: () => void): void {
  const session = new Session(service, {
    send: text => { webSocket.send(text) },
    unsentBytes: () => webSocket.bufferedAmount,
    close: reason => { webSocket.close(1002, reason) },
  })
  webSocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) webSocket.close(1003, 'frames are text')
    else session.receive(data.toString('utf8'))
  })
  webSocket.on('error', () => {})
  webSocket.on('close', () => {
    session.end()
    left()
  })
}

interface PageParts {
  readonly secrets: GateSecrets
  readonly tickets: Tickets
  readonly page: ReadonlyMap<string, StaticFile>
}

function answerPage(request: IncomingMessage, response: ServerResponse, { secrets, tickets, page }: PageParts): void {
  const facts = factsOf(request)
  const addressing = checkAddressing(facts, secrets.port)
  if (!addressing.admitted) return refuse(response, addressing.code, addressing.reason)
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'only GET')
  const path = pathOf(request)
  if (path === '/open') {
    const ticket = new URL(request.url ?? '/', 'http://127.0.0.1').searchParams.get('ticket') ?? ''
    if (!tickets.redeem(ticket)) return refuse(response, 403, 'This address has been used already, or its time is over. Open the page again with: kubarium app')
    response.writeHead(303, { ...pageHeaders, location: '/', 'set-cookie': sessionCookie(secrets), 'cache-control': 'no-store' }).end()
    return
  }
  if (!hasSession(facts, secrets)) return refuse(response, 401, 'Open this page with: kubarium app')
  // Screens have addresses of their own, which all are the one page.
  const file = page.get(path) ?? (/\.[a-z0-9]+$/i.test(path) ? undefined : page.get('/index.html'))
  if (file === undefined) return refuse(response, 404, page.size === 0 ? 'The GUI has not been built; run: npm run build' : 'no such file')
  response.writeHead(200, { ...pageHeaders, 'content-type': file.type, 'content-length': file.body.length, 'cache-control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-store' })
  response.end(request.method === 'HEAD' ? undefined : file.body)
}

function refuse(response: ServerResponse, code: number, reason: string): void {
  response.writeHead(code, { ...pageHeaders, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(`${reason}\n`)
}

function factsOf(request: IncomingMessage): RequestFacts {
  const { host, origin, authorization, cookie } = request.headers
  return { host, origin, authorization, cookie }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, () => {
      server.off('error', reject)
      resolve((server.address() as { port: number }).port)
    })
  })
}
