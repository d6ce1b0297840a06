/**
 * HTTP/1.1 to one API server, over TLS with kept-alive connections.
 *
 *   HT1  Requests and watches use separate pools, so that many watches never starve requests.
 *   HT2  A request has a time limit of its own (30 s if none is asked for); a stream only until its headers.
 *   HT3  A GET whose kept-alive connection had died under it is sent once more; nothing else is repeated here.
 *   HT4  A token file is read again when it is a minute old, and at once after a 401.
 */
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import type { Metrics } from '../machinery/metrics.ts'
import { noMetrics } from '../machinery/metrics.ts'
import type { Transport, TransportReply, TransportRequest, TransportStream } from '../machinery/transport.ts'
import type { ServerCredentials } from './kubeconfig.ts'

const defaultTimeoutMs = 30_000
const tokenAgeMs = 60_000

export interface HttpTransport extends Transport, Disposable {}

export interface HttpTransportOptions {
  readonly metrics?: Metrics
  /** Asked before each request; wins over the credentials' own token. */
  readonly bearerToken?: () => string | undefined
}

/** No answer came: refused, reset, timed out, or the certificate is not trusted. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

export function createHttpTransport(credentials: ServerCredentials, options: HttpTransportOptions = {}): HttpTransport {
  const server = new URL(credentials.server)
  const secure = server.protocol === 'https:'
  const tls = {
    ca: credentials.ca,
    cert: credentials.clientCert,
    key: credentials.clientKey,
    servername: credentials.serverName,
    rejectUnauthorized: credentials.insecureSkipVerify !== true,
  }
  const agentOptions = { keepAlive: true, keepAliveMsecs: 15_000, scheduling: 'lifo' as const }
  const createAgent = (maxSockets: number): http.Agent => (secure
    ? new https.Agent({ ...agentOptions, maxSockets, ...definedOnly(tls) })
    : new http.Agent({ ...agentOptions, maxSockets }))
  const requestAgent = createAgent(32) // HT1
  const streamAgent = createAgent(Number.POSITIVE_INFINITY)
  const token = tokenSource(credentials, options.bearerToken)
  const measure = requestMetrics(options.metrics ?? noMetrics, server.host)

  const open = (request: TransportRequest, agent: http.Agent, settings: { timeoutMs: number; untilHeaders: boolean; fresh?: boolean }): Promise<http.IncomingMessage> =>
    new Promise((resolve, reject) => {
      const bearer = token.current()
      const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body
      const sent = (secure ? https : http).request({
        host: server.hostname.replace(/^\[|\]$/g, ''),
        port: server.port === '' ? (secure ? 443 : 80) : server.port,
        method: request.method,
        path: `${server.pathname.replace(/\/$/, '')}${request.path}`,
        headers: {
          ...request.headers,
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
          ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }),
        },
        agent,
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      })
      const startedAt = performance.now()
      const timer = setTimeout(() => {
        sent.destroy(new ConnectionError('ETIMEDOUT', `${request.method} ${request.path}: no answer within ${settings.timeoutMs} ms`))
      }, settings.timeoutMs)
      sent.on('response', reply => {
        measure.answered(request.method, String(reply.statusCode ?? 0), (performance.now() - startedAt) / 1_000)
        if (settings.untilHeaders) clearTimeout(timer) // HT2
        else reply.once('close', () => { clearTimeout(timer) })
        if (reply.statusCode === 401) token.expire() // HT4
        resolve(reply)
      })
      sent.on('error', error => {
        clearTimeout(timer)
        if (request.signal?.aborted === true) {
          reject(request.signal.reason as Error)
          return
        }
        if (request.method === 'GET' && sent.reusedSocket && settings.fresh !== true && (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
          open(request, agent, { ...settings, fresh: true }).then(resolve, reject) // HT3
          return
        }
        measure.answered(request.method, '<error>', (performance.now() - startedAt) / 1_000)
        reject(asConnectionError(error, server))
      })
      sent.on('socket', socket => { socket.setNoDelay(true) })
      sent.end(body)
    })

  return {
    async request(request): Promise<TransportReply> {
      const reply = await open(request, requestAgent, { timeoutMs: request.timeoutMs ?? defaultTimeoutMs, untilHeaders: false })
      const chunks: Uint8Array[] = []
      try {
        for await (const chunk of reply) chunks.push(chunk as Uint8Array)
      } catch (error) {
        if (request.signal?.aborted === true) throw request.signal.reason as Error
        throw asConnectionError(error as Error, server)
      }
      return { status: reply.statusCode ?? 0, headers: plainHeaders(reply.headers), body: Buffer.concat(chunks).toString('utf8') }
    },
    async stream(request): Promise<TransportStream> {
      const reply = await open(request, streamAgent, { timeoutMs: request.timeoutMs ?? defaultTimeoutMs, untilHeaders: true })
      return { status: reply.statusCode ?? 0, headers: plainHeaders(reply.headers), body: readBody(reply, request, server) }
    },
    [Symbol.dispose](): void {
      requestAgent.destroy()
      streamAgent.destroy()
    },
  }
}

async function* readBody(reply: http.IncomingMessage, request: TransportRequest, server: URL): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of reply) yield chunk as Uint8Array
  } catch (error) {
    if (request.signal?.aborted === true) throw request.signal.reason as Error
    throw asConnectionError(error as Error, server)
  } finally {
    reply.destroy()
  }
}

interface TokenSource {
  current(): string | undefined
  expire(): void
}

function tokenSource(credentials: ServerCredentials, given?: () => string | undefined): TokenSource {
  const { tokenFile } = credentials
  if (given !== undefined) return { current: () => given() ?? credentials.token, expire() {} }
  if (tokenFile === undefined) return { current: () => credentials.token, expire() {} }
  let token: string | undefined
  let readAt = Number.NEGATIVE_INFINITY
  return {
    current() {
      if (performance.now() - readAt >= tokenAgeMs) {
        try {
          token = readFileSync(tokenFile, 'utf8').trim()
          readAt = performance.now()
        } catch (error) {
          if (token === undefined) throw new ConnectionError('ENOTOKEN', `cannot read the token file: ${(error as Error).message}`, error)
        }
      }
      return token
    },
    expire() {
      readAt = Number.NEGATIVE_INFINITY
    },
  }
}

function requestMetrics(metrics: Metrics, host: string): { answered(method: string, code: string, seconds: number): void } {
  const total = metrics.counter({ name: 'rest_client_requests_total', help: 'HTTP requests by status code, method and host.', labels: ['code', 'host', 'method'] })
  const duration = metrics.histogram({
    name: 'rest_client_request_duration_seconds', help: 'Time until the headers of an answer, in seconds.', labels: ['host', 'verb'],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
  })
  return {
    answered(method, code, seconds) {
      total.add(1, { code, host, method })
      duration.observe(seconds, { host, verb: method })
    },
  }
}

function asConnectionError(error: Error, server: URL): ConnectionError {
  if (error instanceof ConnectionError) return error
  const code = (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN'
  return new ConnectionError(code, `${server.host}: ${error.message === '' ? code : error.message}`, error)
}

function plainHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]))
}

function definedOnly<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>
}
