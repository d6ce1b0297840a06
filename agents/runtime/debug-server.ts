/**
 * The port through which a component is watched: health, metrics and inspection.
 *
 *   DS1  Health is open to all; metrics and /debug need a client certificate of the given CA with O=system:masters or
 *        O=system:monitoring, except on a plain HTTP port, which is bound to loopback or carries nothing secret.
 *   DS2  /debug/inspect lists the subjects; /debug/inspect/<subject> answers that subject as JSON.
 *   DS4  Where faults may be injected, /debug/faults is answered by fault-api.ts, which asks for a token of its own.
 *   DS3  Only GET and HEAD are answered, and PUT of /debug/flags/v; further paths may be added by the component.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FaultApi } from './fault-api.ts'
import type { HealthChecks, HealthPath } from './health.ts'
import type { Inspections } from './inspections.ts'
import type { PrometheusMetrics } from './prometheus-metrics.ts'
import { pathSegments, readRequestUrl } from './request-url.ts'
import { type Verbosity, verbosityPath } from './verbosity.ts'

export interface WatchedProcess {
  readonly health: HealthChecks
  readonly metrics: PrometheusMetrics
  readonly inspections: Inspections
  readonly faults?: FaultApi
  /** Absent: it cannot be changed here. */
  readonly verbosity?: Verbosity
}

/** Returns false if the path is not its own. */
export type ExtraPath = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean | Promise<boolean>

export interface PlainServerOptions {
  readonly address: string
  /** 0 chooses a free one. */
  readonly port: number
  readonly extra?: ExtraPath
  /** Asked before DS1: paths whose access the component judges by itself. */
  readonly own?: ExtraPath
}

export interface SecureServerOptions extends PlainServerOptions {
  readonly cert: string
  readonly key: string
  readonly clientCa?: string
}

export interface ServingPort extends AsyncDisposable {
  readonly port: number
}

export function serveSecure(process: WatchedProcess, options: SecureServerOptions): Promise<ServingPort> {
  const server = createTlsServer({
    cert: options.cert, key: options.key,
    requestCert: options.clientCa !== undefined, rejectUnauthorized: false,
    ...(options.clientCa === undefined ? {} : { ca: options.clientCa }),
  }, listener(process, options, request => isTrusted(request.socket as TLSSocket)))
  return listen(server, options)
}

export function servePlain(process: WatchedProcess, options: PlainServerOptions): Promise<ServingPort> {
  return listen(createServer(listener(process, options, () => true)), options)
}

/** For a component with a secure port of its own: what it does not answer itself. */
export function answerWatched(process: WatchedProcess, request: IncomingMessage, response: ServerResponse): Promise<void> {
  return answer(process, {}, asked => isTrusted(asked.socket as TLSSocket), request, response)
}

function listener(process: WatchedProcess, paths: Pick<PlainServerOptions, 'extra' | 'own'>, isTrustedRequest: (request: IncomingMessage) => boolean): RequestListener {
  return (request, response) => {
    answer(process, paths, isTrustedRequest, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' })
      response.end(`${error instanceof Error ? error.message : String(error)}\n`)
    })
  }
}

async function answer(process: WatchedProcess, { extra, own }: Pick<PlainServerOptions, 'extra' | 'own'>, isTrustedRequest: (request: IncomingMessage) => boolean, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = readRequestUrl(request)
  const send = (status: number, type: string, body: string): void => {
    response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const health = /^\/(healthz|livez|readyz)(?:\/([\w.-]+))?$/.exec(url.pathname)
  if (health !== null) {
    const reply = await process.health.answer(health[1] as HealthPath, {
      verbose: url.searchParams.has('verbose'),
      exclude: url.searchParams.getAll('exclude'),
      ...(health[2] === undefined ? {} : { only: health[2] }),
    })
    send(reply.status, 'text/plain; charset=utf-8', reply.body)
    return
  }
  if (await own?.(request, response, url) === true) return
  if (process.faults?.owns(url.pathname) === true) { // DS4
    await process.faults.answer(request, response)
    return
  }
  if (!isTrustedRequest(request)) { // DS1
    send(403, 'text/plain; charset=utf-8', 'forbidden: a client certificate of group system:masters or system:monitoring is needed\n')
    return
  }
  if (await extra?.(request, response, url) === true) return
  if (url.pathname === verbosityPath && request.method === 'PUT' && process.verbosity !== undefined) {
    const reply = process.verbosity.set(await textBody(request))
    send(reply.status, 'text/plain; charset=utf-8', reply.text)
    return
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') { // DS3
    send(405, 'text/plain; charset=utf-8', 'method not allowed\n')
    return
  }
  if (url.pathname === '/metrics') {
    send(200, process.metrics.registry.contentType, await process.metrics.text())
    return
  }
  const inspected = /^\/debug\/inspect(?:\/(.+))?$/.exec(url.pathname.replace(/\/$/, ''))
  if (inspected !== null) { // DS2
    const subject = inspected[1] === undefined ? undefined : pathSegments(url)?.slice(2).join('/') ?? inspected[1]
    const found = await process.inspections.read(subject)
    if (found === undefined) send(404, 'text/plain; charset=utf-8', `no such subject: ${subject ?? ''}\n`)
    else send(200, 'application/json', `${JSON.stringify(found.value, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2) ?? 'null'}\n`)
    return
  }
  send(404, 'text/plain; charset=utf-8', '404 page not found\n')
}

const longestBody = 1_024

/** What is longer is cut: no level is. */
async function textBody(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const piece of request) if (text.length < longestBody) text += String(piece)
  return text.slice(0, longestBody)
}

function isTrusted(socket: TLSSocket): boolean {
  if (!socket.authorized) return false
  const organisation: unknown = socket.getPeerCertificate().subject?.O
  const groups = Array.isArray(organisation) ? (organisation as string[]) : [organisation]
  return groups.includes('system:masters') || groups.includes('system:monitoring')
}

function listen(server: Server, options: PlainServerOptions): Promise<ServingPort> {
  return new Promise((resolve, reject) => {
    server.once('error', error => {
      reject((error as NodeJS.ErrnoException).code === 'EADDRINUSE' ? new Error(`port ${options.port} on ${options.address} is already in use`) : error)
    })
    server.listen(options.port, options.address, () => {
      server.unref()
      resolve({
        port: (server.address() as AddressInfo).port,
        [Symbol.asyncDispose]: () => new Promise<void>(ended => {
          server.close(() => { ended() })
          server.closeAllConnections()
        }),
      })
    })
  })
}
