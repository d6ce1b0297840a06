/**
 * HTTP to one API server: HTTP/2 over one shared TLS connection where the server speaks it, else HTTP/1.1 with kept-alive
 * connections.
 *
 *   HT1  In HTTP/1.1 requests and watches use separate pools, so that many watches never starve requests.
 *   HT2  A request has a time limit of its own (30 s if none is asked for); a stream only until its headers.
 *   HT3  A GET whose kept-alive connection had died under it is sent once more, and so is any request that the server
 *        says it has not looked at (REFUSED_STREAM); nothing else is repeated here.
 *   HT5  A whole answer of HTTP/2 is put together as it arrives, with nobody waiting for its pieces: most answers are one.
 *   HT4  A token file is read again when it is a minute old, and at once after a 401.
 */
import { readFileSync } from 'node:fs'
import * as http from 'node:http'
import * as http2 from 'node:http2'
import * as https from 'node:https'
import { onAbort } from '../base/on-abort.ts'
import type { Metrics } from '../machinery/metrics.ts'
import { noMetrics } from '../machinery/metrics.ts'
import type { Transport, TransportReply, TransportRequest, TransportStream } from '../machinery/transport.ts'
import { bodyQueue } from './body-queue.ts'
import { SharedSession } from './http2-session.ts'
import type { ServerCredentials } from './kubeconfig.ts'

const defaultTimeoutMs = 30_000
const tokenAgeMs = 60_000

export interface HttpTransport extends Transport, Disposable {}

export interface HttpTransportOptions {
  readonly metrics?: Metrics
  /** Asked before each request; wins over the credentials' own token. */
  readonly bearerToken?: () => string | undefined
}

interface OpenSettings {
  readonly timeoutMs: number
  readonly untilHeaders: boolean
  /** This is the repetition. */
  readonly fresh?: boolean
}

interface OpenReply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Uint8Array>
  /** The body has ended, but not because the server had sent it all. HTTP/1.1 tells that by an error. */
  readonly isCut: () => boolean
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

  const openHttp1 = (request: TransportRequest, agent: http.Agent, settings: OpenSettings): Promise<OpenReply> =>
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
          ...(bearer === undefined || request.headers?.['authorization'] !== undefined ? {} : { authorization: `Bearer ${bearer}` }),
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
        resolve({ status: reply.statusCode ?? 0, headers: plainHeaders(reply.headers), body: bodyQueue(reply), isCut: () => false })
      })
      sent.on('error', error => {
        clearTimeout(timer)
        if (request.signal?.aborted === true) {
          reject(request.signal.reason as Error)
          return
        }
        if (request.method === 'GET' && sent.reusedSocket && settings.fresh !== true && (error as NodeJS.ErrnoException).code === 'ECONNRESET') {
          openHttp1(request, agent, { ...settings, fresh: true }).then(resolve, reject) // HT3
          return
        }
        measure.answered(request.method, '<error>', (performance.now() - startedAt) / 1_000)
        reject(asConnectionError(error, server))
      })
      sent.on('socket', socket => { socket.setNoDelay(true) })
      sent.end(body)
    })

  const shared = secure ? new SharedSession(server, definedOnly(tls)) : undefined
  const openHttp2 = <R>(request: TransportRequest, session: http2.ClientHttp2Session, settings: OpenSettings, receive: Receive<R>): Promise<R> =>
    new Promise((resolve, reject) => {
      const bearer = token.current()
      const body = typeof request.body === 'string' ? Buffer.from(request.body) : request.body
      const startedAt = performance.now()
      const stream = session.request({
        ':method': request.method,
        ':path': `${server.pathname.replace(/\/$/, '')}${request.path}`,
        ...request.headers,
        ...(bearer === undefined || request.headers?.['authorization'] !== undefined ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-length': String(body.byteLength) }),
      }, { endStream: body === undefined })
      shared?.note(session, stream) // H2S5
      const forget = request.signal === undefined ? undefined : onAbort(request.signal, () => {
        stream.close(http2.constants.NGHTTP2_CANCEL)
        stream.destroy()
      })
      const timer = setTimeout(() => {
        stream.destroy(new ConnectionError('ETIMEDOUT', `${request.method} ${request.path}: no answer within ${settings.timeoutMs} ms`))
      }, settings.timeoutMs)
      let answered = false
      stream.once('response', headers => {
        answered = true
        const status = headers[':status'] ?? 0
        measure.answered(request.method, String(status), (performance.now() - startedAt) / 1_000)
        if (settings.untilHeaders) clearTimeout(timer) // HT2
        if (status === 401) token.expire() // HT4
        receive(stream, status, plainHeaders(headers), resolve)
      })
      stream.once('close', () => {
        clearTimeout(timer)
        forget?.()
        if (request.signal?.aborted === true) {
          reject(request.signal.reason as Error)
          return
        }
        if (answered) {
          reject(failure ?? cutWithin(server)) // no matter once it was received
          return
        }
        measure.answered(request.method, '<error>', (performance.now() - startedAt) / 1_000)
        if (stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM) reject(new ConnectionError('REFUSED_STREAM', `${server.host}: the request was refused before it was looked at`))
        else reject(failure ?? new ConnectionError('ECONNRESET', `${server.host}: the connection ended before the answer`))
      })
      let failure: ConnectionError | undefined
      stream.on('error', error => { failure = asConnectionError(error, server) })
      if (body !== undefined) stream.end(body)
    })

  const open = async <R>(request: TransportRequest, settings: OpenSettings, overHttp1: () => Promise<R>, receive: Receive<R>): Promise<R> => {
    request.signal?.throwIfAborted()
    if (shared === undefined) return overHttp1()
    const another = () => shared.open().catch((error: unknown) => { throw asConnectionError(error as Error, server) })
    let opened = shared.current ?? await another()
    while (opened.protocol === 'h2' && shared.isFull(opened.session)) opened = await another() // others waited for the same one
    request.signal?.throwIfAborted()
    if (opened.protocol === 'http/1.1') return overHttp1()
    try {
      return await openHttp2(request, opened.session, settings, receive)
    } catch (error) {
      const mayRepeat = error instanceof ConnectionError && error.code !== 'ETIMEDOUT' && (error.code === 'REFUSED_STREAM' || (request.method === 'GET' && !opened.isFresh))
      if (!mayRepeat || settings.fresh === true || request.signal?.aborted === true) throw error
      return open(request, { ...settings, fresh: true }, overHttp1, receive) // HT3
    }
  }

  return {
    request(request): Promise<TransportReply> {
      const settings = { timeoutMs: request.timeoutMs ?? defaultTimeoutMs, untilHeaders: false }
      return open(request, settings, async () => wholeReply(await openHttp1(request, requestAgent, settings), request, server), receiveWhole)
    },
    async stream(request): Promise<TransportStream> {
      const settings = { timeoutMs: request.timeoutMs ?? defaultTimeoutMs, untilHeaders: true }
      const reply = await open(request, settings, () => openHttp1(request, streamAgent, settings), receiveStream)
      return { status: reply.status, headers: reply.headers, body: readBody(reply, request, server) }
    },
    [Symbol.dispose](): void {
      shared?.[Symbol.dispose]()
      requestAgent.destroy()
      streamAgent.destroy()
    },
  }
}

/** What is made of an answer whose headers have come. */
type Receive<R> = (stream: http2.ClientHttp2Stream, status: number, headers: Record<string, string>, resolve: (reply: R) => void) => void

const receiveStream: Receive<OpenReply> = (stream, status, headers, resolve) => {
  resolve({ status, headers, body: bodyQueue(stream), isCut: () => isCut(stream) })
}

/** HT5 */
const receiveWhole: Receive<TransportReply> = (stream, status, headers, resolve) => {
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => { chunks.push(chunk) })
  stream.once('end', () => {
    if (!isCut(stream)) resolve({ status, headers, body: (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString('utf8') })
  })
}

function isCut(stream: http2.ClientHttp2Stream): boolean {
  return stream.aborted || stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR
}

async function wholeReply(reply: OpenReply, request: TransportRequest, server: URL): Promise<TransportReply> {
  const chunks: Uint8Array[] = []
  for await (const chunk of readBody(reply, request, server)) chunks.push(chunk)
  return { status: reply.status, headers: reply.headers, body: Buffer.concat(chunks).toString('utf8') }
}

function cutWithin(server: URL): ConnectionError {
  return new ConnectionError('ECONNRESET', `${server.host}: the connection ended within the answer`)
}

async function* readBody({ body, isCut }: OpenReply, request: TransportRequest, server: URL): AsyncIterable<Uint8Array> {
  try {
    yield* body
    if (isCut()) throw cutWithin(server)
  } catch (error) {
    if (request.signal?.aborted === true) throw request.signal.reason as Error
    throw asConnectionError(error as Error, server)
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
  const plain: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (!name.startsWith(':')) plain[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  return plain
}

function definedOnly<T extends object>(object: T): Partial<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Partial<T>
}
