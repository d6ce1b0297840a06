/**
 * One HTTP/1.1 exchange with a backend (kubelet, pod) on behalf of a client: plain, streamed, or upgraded.
 *
 *   BR1  An upgrade that the backend accepts becomes a raw pipe both ways; nothing of what passes is looked at.
 *   BR2  Hop-by-hop headers, those that "Connection" names, and everything that says who the client is stay here, in both
 *        directions; the backend learns by X-Forwarded-For where a request came from.
 *   BR4  A backend that does not switch protocols is never spoken to again on behalf of this client, whatever the client
 *        still sends (CVE-2018-1002105). A redirect instead of a switch is a 500 and is not followed (CVE-2020-8559,
 *        CVE-2022-3172).
 *   BR5  What a backend says in refusing is read to 64 KiB.
 *   BR3  When either side ends, the other is ended; what was written before still arrives.
 */
import { request as httpRequest } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { ApiError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { takeUpgrade } from '../http/server.ts'

export interface BackendRequest {
  readonly socket: Socket
  readonly method: string
  readonly path: string
  /** With the Host that the backend is known by. */
  readonly headers: Readonly<Record<string, string | string[]>> & { readonly host: string }
  readonly body?: NodeJS.ReadableStream
}

const mostRefusalBytes = 64 * 1024
const refusalMs = 10_000
const hopByHop = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'])

/** The client's headers that a backend may see (BR2). */
export function forwardedHeaders(exchange: Exchange, keepsUpgrade: boolean): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {}
  const named = namedByConnection(exchange.header('connection'))
  for (const [name, value] of Object.entries(exchange.request.headers)) {
    if (name.startsWith(':') || value === undefined || isOfTheClient(name)) continue
    if ((hopByHop.has(name) || named.has(name)) && !(keepsUpgrade && (name === 'connection' || name === 'upgrade'))) continue
    headers[name] = value
  }
  if (keepsUpgrade) headers['connection'] = 'Upgrade'
  const from = exchange.remoteAddress
  if (from !== undefined) headers['x-forwarded-for'] = [exchange.header('x-forwarded-for'), from].filter(text => text !== undefined && text !== '').join(', ')
  return headers
}

function isOfTheClient(name: string): boolean {
  return name === 'authorization' || name === 'host' || name.startsWith('impersonate-') || name.startsWith('x-remote-')
}

function namedByConnection(header: string | undefined): ReadonlySet<string> {
  return new Set((header ?? '').split(',').map(name => name.trim().toLowerCase()).filter(name => name !== ''))
}

/** Passes an upgrade through; resolves when both sides have ended. */
export async function tunnelUpgrade(exchange: Exchange, backend: Omit<BackendRequest, 'body'>): Promise<void> {
  const client = takeUpgrade(exchange)
  if (client === undefined) {
    backend.socket.destroy()
    throw new ApiError('BadRequest', 'unable to upgrade: missing upgrade headers in request')
  }
  const answer = await openBackend(backend)
  if (answer.kind === 'plain') { // BR4
    try {
      await passRefusal(exchange, answer.response)
    } finally {
      backend.socket.destroy()
    }
    return
  }
  const { response, socket, head } = answer
  exchange.statusCode = response.statusCode ?? 101
  exchange.audited?.responseStarted(exchange.statusCode)
  ;(exchange.response as ServerResponse).detachSocket(client.socket as Socket)
  client.socket.write(renderHead(response))
  if (head.length > 0) client.socket.write(head)
  if (client.head.length > 0) socket.write(client.head)
  await pipeBoth(client.socket, socket, exchange.signal)
}

type BackendAnswer =
  | { readonly kind: 'plain'; readonly response: IncomingMessage }
  | { readonly kind: 'upgraded'; readonly response: IncomingMessage; readonly socket: Duplex; readonly head: Buffer }

export function openBackend(backend: BackendRequest): Promise<BackendAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ createConnection: () => backend.socket, method: backend.method, path: backend.path, headers: backend.headers })
    request.once('response', response => {
      resolve({ kind: 'plain', response })
    })
    request.once('upgrade', (response, socket, head) => {
      resolve({ kind: 'upgraded', response, socket, head })
    })
    request.on('error', error => {
      reject(new ApiError('InternalError', `error dialing backend: ${error.message}`))
    })
    backend.socket.resume()
    if (backend.body === undefined) request.end()
    else backend.body.pipe(request)
  })
}

/** Streams a plain answer to the client. */
export async function passAnswer(exchange: Exchange, response: IncomingMessage, contentType?: string): Promise<void> {
  const headers: Record<string, string> = {}
  const named = namedByConnection(response.headers.connection)
  for (const [name, value] of Object.entries(response.headers)) {
    if (hopByHop.has(name) || named.has(name) || name === 'content-type' || value === undefined) continue
    if (name === 'set-cookie') cookiesTo(exchange, value)
    else headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  exchange.start(response.statusCode ?? 502, contentType ?? response.headers['content-type'] ?? 'application/octet-stream', headers)
  if ('flushHeaders' in exchange.response) exchange.response.flushHeaders()
  const stop = () => response.destroy()
  exchange.response.once('close', stop)
  exchange.signal.addEventListener('abort', stop, { once: true })
  try {
    for await (const chunk of response) await exchange.write(chunk as Buffer)
  } catch {
    exchange.response.destroy?.()
    return
  } finally {
    exchange.signal.removeEventListener('abort', stop)
  }
  exchange.response.end()
}

/** Cookies cannot be joined to one line. */
function cookiesTo(exchange: Exchange, cookies: string | readonly string[]): void {
  ;(exchange.response as ServerResponse).setHeader('set-cookie', cookies)
}

/** What a backend that refused said, as a Status. */
export async function passRefusal(exchange: Exchange, response: IncomingMessage): Promise<void> {
  const code = response.statusCode ?? 502
  if (code < 400) throw new ApiError('InternalError', `invalid upgrade response: status code ${code}`)
  throw refusalOf(code, await readStart(response, exchange.signal))
}

/** BR5 */
async function readStart(response: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  const stop = () => response.destroy()
  signal.addEventListener('abort', stop, { once: true })
  const timer = setTimeout(stop, refusalMs)
  try {
    for await (const chunk of response) {
      chunks.push(chunk as Buffer)
      size += (chunk as Buffer).length
      if (size >= mostRefusalBytes) break
    }
  } catch {
    // what came before it broke off is what there is
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
  return Buffer.concat(chunks).subarray(0, mostRefusalBytes).toString('utf8').trim()
}

export function refusalOf(code: number, text: string): ApiError {
  const reasons = { 400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed', 409: 'Conflict', 500: 'InternalError', 503: 'ServiceUnavailable' } as const
  const reason = (reasons as Readonly<Record<number, (typeof reasons)[keyof typeof reasons]>>)[code] ?? (code < 500 ? 'BadRequest' : 'InternalError')
  return new ApiError(reason, text === '' ? `the server responded with the status code ${code} but did not return more information` : text, undefined, { code })
}

function renderHead(response: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${response.statusCode ?? 101} ${response.statusMessage ?? 'Switching Protocols'}`]
  for (let index = 0; index + 1 < response.rawHeaders.length; index += 2) lines.push(`${response.rawHeaders[index]!}: ${response.rawHeaders[index + 1]!}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

function pipeBoth(client: Duplex, backend: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    let open = 2
    const ended = () => {
      open -= 1
      if (open > 0) return
      signal.removeEventListener('abort', stop)
      resolve()
    }
    const stop = () => {
      client.destroy()
      backend.destroy()
    }
    signal.addEventListener('abort', stop, { once: true })
    for (const side of [client, backend]) {
      side.on('error', () => {})
      side.once('close', ended)
    }
    client.once('close', () => backend.destroy())
    backend.once('close', () => { // BR3
      if (!client.destroyed) client.end()
      setTimeout(() => client.destroy(), 1_000).unref()
    })
    client.pipe(backend)
    backend.pipe(client)
  })
}
