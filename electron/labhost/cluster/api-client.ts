/**
 * The lab host's own way to the API server, with the administrator's certificate: plain JSON, no types of its own.
 * Connections are kept; a watch is one long response of JSON lines.
 */
import { Agent, type RequestOptions, request } from 'node:https'

export interface ApiCredentials {
  readonly server: string
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

export interface ApiReply {
  readonly code: number
  readonly body: unknown
  readonly text: string
}

export interface ApiObject {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly uid: string; readonly resourceVersion: string; readonly [key: string]: unknown }
  readonly [key: string]: unknown
}

export interface ApiEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: ApiObject
}

/** The API server answered, but not with success; `code` is the HTTP status, `message` that of the Status. */
export class ApiError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.name = 'ApiError'
    this.code = code
  }
}

const userAgent = 'kubarium-labhost'

export class ApiClient implements Disposable {
  readonly #credentials: ApiCredentials
  readonly #agent: Agent

  constructor(credentials: ApiCredentials) {
    this.#credentials = credentials
    this.#agent = new Agent({ keepAlive: true, ca: credentials.authority, cert: credentials.certificate, key: credentials.key, maxSockets: 64, maxCachedSessions: 8 })
  }

  get(path: string, signal?: AbortSignal, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    return this.#expect('GET', path, undefined, headers, signal)
  }

  put(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#expect('PUT', path, body, {}, signal)
  }

  post(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#expect('POST', path, body, {}, signal)
  }

  delete(path: string, signal?: AbortSignal): Promise<unknown> {
    return this.#expect('DELETE', path, undefined, {}, signal)
  }

  patch(path: string, contentType: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#expect('PATCH', path, body, { 'content-type': contentType }, signal)
  }

  /** Any answer at all resolves; only a lost connection rejects. */
  ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<ApiReply> {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.#credentials.server), this.#options(method, payload, headers, signal), response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({ code: response.statusCode ?? 0, text, body: readJson(text) })
        })
      })
      sent.on('error', reject)
      sent.end(payload)
    })
  }

  /** Events until the server ends the watch or the signal aborts; the caller lists and watches again. */
  async *watch(path: string, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}): AsyncGenerator<ApiEvent> {
    for await (const line of this.lines(path, signal, headers)) {
      const event = JSON.parse(line) as ApiEvent
      if (event.type === 'ERROR') throw statusError(410, event.object)
      yield event
    }
  }

  /** Lines of a long answer that are not empty, as they come. */
  async *lines(path: string, signal: AbortSignal, headers: Readonly<Record<string, string>> = {}): AsyncGenerator<string> {
    const response = await new Promise<AsyncIterable<Buffer> & { statusCode?: number }>((resolve, reject) => {
      const sent = request(new URL(path, this.#credentials.server), { ...this.#options('GET', undefined, headers, signal), timeout: 0 }, resolve)
      sent.on('error', reject)
      sent.end()
    })
    const isFine = response.statusCode === 200
    let rest = ''
    const decoder = new TextDecoder()
    for await (const chunk of response) {
      rest += decoder.decode(chunk, { stream: true })
      if (!isFine) continue
      const lines = rest.split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line.trim() !== '') yield line
    }
    if (!isFine) throw statusError(response.statusCode ?? 0, readJson(rest) ?? rest)
    if (rest.trim() !== '') yield rest
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  async #expect(method: string, path: string, body: unknown, headers: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<unknown> {
    const reply = await this.ask(method, path, body, headers, signal)
    if (reply.code >= 200 && reply.code < 300) return reply.body
    throw statusError(reply.code, reply.body ?? reply.text)
  }

  #options(method: string, payload: string | undefined, headers: Readonly<Record<string, string>>, signal?: AbortSignal): RequestOptions {
    return {
      method,
      agent: this.#agent,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent,
        ...(payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
        ...headers,
      },
      signal: signal ?? AbortSignal.timeout(30_000),
    }
  }
}

function statusError(code: number, body: unknown): ApiError {
  const status = body as { message?: unknown; code?: unknown } | null
  const message = typeof status === 'object' && status !== null && typeof status.message === 'string' ? status.message : typeof body === 'string' && body !== '' ? body.slice(0, 500) : `the API server answered ${code}`
  return new ApiError(typeof status === 'object' && status !== null && typeof status.code === 'number' ? status.code : code, message)
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
