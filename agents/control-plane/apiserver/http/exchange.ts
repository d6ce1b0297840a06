/**
 * One request and its answer, on its way through the filters to a handler.
 *
 *   EX1  Headers, warnings and the audit id are collected here and written exactly once, when the answer starts.
 *   EX2  `signal` aborts when the client goes away or the deadline passes; whoever waits on behalf of the request hands it on.
 *   EX4  A body is read once, within the room that large ones have in all (request-body.ts).
 *   EX3  Answers above 128 KiB are compressed when the client accepts gzip; watches never are.
 */
import { constants, gzip } from 'node:zlib'
import { promisify } from 'node:util'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '../../../runtime/index.ts'
import { BodyRoom } from './body-room.ts'
import { readBody } from './request-body.ts'
import type { AuditRecord } from '../audit/audit-record.ts'
import type { RequestInfo } from './request-info.ts'
import type { UserInfo } from '../access/user-info.ts'
import type { AdmissionNotes, AdmissionVerdict } from '../admission/admission.ts'

export type AnyRequest = IncomingMessage | Http2ServerRequest
export type AnyResponse = ServerResponse | Http2ServerResponse

export const maxBodyBytes = 3 * 1024 * 1024
/** Eight of the largest: two are worked on at a time, and who works on his own has room to spare. */
const bodyRoom = new BodyRoom({ sizeBytes: 8 * maxBodyBytes, clock: systemClock })
const gzipThresholdBytes = 128 * 1024
const compress = promisify(gzip)
const warningBudget = 4_096
/** A deletecollection may pass admission thousands of times. */
const maxVerdicts = 200

export interface Stage {
  readonly name: string
  readonly atMs: number
}

export class Exchange implements AdmissionNotes {
  readonly request: AnyRequest
  /** Changes once, when an answer becomes messages of a WebSocket. */
  response: AnyResponse
  readonly method: string
  readonly path: string
  readonly rawQuery: string
  readonly query: URLSearchParams
  readonly info: RequestInfo
  readonly auditId: string
  readonly startedMs: number
  /** Of the client's end of the connection; kept, since an HTTP/2 stream whose client has gone cannot tell it any more. */
  readonly remoteAddress: string | undefined
  readonly stages: Stage[] = []
  readonly abort = new AbortController()
  readonly warnings: string[] = []
  readonly headers: Record<string, string> = {}
  user: UserInfo | undefined
  /** Who really asks, when `user` is impersonated. */
  impersonator: UserInfo | undefined
  /** Which narrow right allowed that; empty for the old one. */
  impersonationConstraint = ''
  /** For the audit log. */
  annotations: Record<string, string> | undefined
  /** Those that are logged only from audit level Request on. */
  requestLevelAnnotations: Record<string, string> | undefined
  /** What the audit policy wants to know of it; absent when it does not. */
  audited: AuditRecord | undefined
  isLongRunning = false
  /** Work on its body is done in stages. */
  isHeavy = false
  /** Its body is so large that few of the kind are worked on at a time. */
  isLarge = false
  /** Set for a watch: called once it has sent what exists and only waits for changes. */
  onInitialized: (() => void) | undefined
  /** What became of it, for the record. */
  outcome: { revision?: number; reason?: string; written?: { readonly namespace?: string; readonly name?: string; readonly uid?: string } } = {}
  readonly admission: AdmissionVerdict[] = []
  statusCode = 0
  sentBytes = 0
  #replacedHeaders: Map<string, string> | undefined

  constructor(options: {
    request: AnyRequest
    response: AnyResponse
    method: string
    path: string
    rawQuery: string
    query: URLSearchParams
    info: RequestInfo
    auditId: string
    startedMs: number
    remoteAddress?: string | undefined
  }) {
    this.request = options.request
    this.response = options.response
    this.method = options.method
    this.path = options.path
    this.rawQuery = options.rawQuery
    this.query = options.query
    this.info = options.info
    this.auditId = options.auditId
    this.startedMs = options.startedMs
    this.remoteAddress = options.remoteAddress
  }

  get signal(): AbortSignal {
    return this.abort.signal
  }

  get socket(): TLSSocket {
    return ('stream' in this.request ? this.request.stream.session!.socket : this.request.socket) as TLSSocket
  }

  get hasAnswered(): boolean {
    return this.response.headersSent || this.response.writableEnded
  }

  header(name: string): string | undefined {
    const value = this.request.headers[name]
    return Array.isArray(value) ? value.join(',') : value
  }

  /** The lines of a header as they came, since a joined value cannot be told apart again. */
  headerLines(name: string): readonly string[] {
    const { headers, rawHeaders } = this.request
    const joined = headers[name]
    if (joined === undefined) return []
    const replaced = this.#replacedHeaders?.get(name)
    if (replaced !== undefined) return [replaced]
    const lines: string[] = []
    for (let index = 0; index < rawHeaders.length; index += 2) {
      if (rawHeaders[index]!.length === name.length && rawHeaders[index]!.toLowerCase() === name) lines.push(rawHeaders[index + 1]!)
    }
    return lines
  }

  /** Nobody further in sees the header. */
  removeHeader(name: string): void {
    delete this.request.headers[name]
  }

  replaceHeader(name: string, value: string): void {
    this.request.headers[name] = value
    ;(this.#replacedHeaders ??= new Map()).set(name, value)
  }

  /** Something about the request that the audit log keeps. */
  annotate(key: string, value: string, level?: 'Request'): void {
    if (level === undefined) (this.annotations ??= {})[key] = value
    else (this.requestLevelAnnotations ??= {})[key] = value
  }

  warn(text: string): void {
    if (text !== '' && !this.warnings.includes(text)) this.warnings.push(text)
  }

  record(verdict: AdmissionVerdict): void {
    if (this.admission.length < maxVerdicts) this.admission.push(verdict)
  }

  /** When the answer has gone out, or the client has. */
  onAnswered(callback: () => void): void {
    if (this.response.destroyed || this.response.writableFinished) callback()
    else this.response.once('close', callback)
  }

  mark(stage: string, nowMs: number): void {
    this.stages.push({ name: stage, atMs: nowMs })
  }

  /** EX4 */
  async body(limitBytes = maxBodyBytes): Promise<Buffer> {
    const length = this.header('content-length')
    return await readBody(this.request as IncomingMessage, {
      limitBytes,
      lengthBytes: length === undefined ? undefined : Number(length),
      takeRoom: async sizeBytes => {
        const room = await bodyRoom.take(this.user?.name ?? '', sizeBytes, this.signal)
        this.onAnswered(() => { room[Symbol.dispose]() })
      },
    })
  }

  /** Starts the answer (EX1). */
  start(code: number, contentType: string, headers: Readonly<Record<string, string | number>> = {}): void {
    this.statusCode = code
    this.audited?.responseStarted(code)
    const warnings = renderWarnings(this.warnings)
    const all: Record<string, string | number | string[]> = { ...this.headers, ...headers, 'content-type': contentType }
    if (warnings.length > 0) all['warning'] = warnings
    ;(this.response as ServerResponse).writeHead(code, all)
  }

  async send(code: number, contentType: string, body: Buffer | string, headers: Readonly<Record<string, string | number>> = {}): Promise<void> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    this.sentBytes += bytes.length
    this.audited?.noteResponse(contentType, bytes)
    if (bytes.length > gzipThresholdBytes && this.acceptsGzip) {
      const packed = await compress(bytes, { level: constants.Z_BEST_SPEED })
      this.start(code, contentType, { ...headers, 'content-encoding': 'gzip', vary: 'Accept-Encoding', 'content-length': packed.length })
      this.#end(packed)
      return
    }
    this.start(code, contentType, { ...headers, 'content-length': bytes.length })
    this.#end(bytes)
  }

  /** The client's copy still holds. Clients merge these headers into what they kept, so none may describe a body. */
  sendNotModified(): void {
    this.statusCode = 304
    ;(this.response as ServerResponse).writeHead(304, this.headers)
    this.response.end()
  }

  sendNoContent(): void {
    this.statusCode = 204
    ;(this.response as ServerResponse).writeHead(204, this.headers)
    this.response.end()
  }

  get acceptsGzip(): boolean {
    return (this.header('accept-encoding') ?? '').split(',').some(token => token.trim() === 'gzip') // as upstream reads it
  }

  #end(bytes: Buffer): void {
    if (this.method === 'HEAD') this.response.end()
    else (this.response as ServerResponse).end(bytes)
  }

  /** Writes and waits for room; rejects when the client has gone. */
  async write(chunk: Buffer | string): Promise<void> {
    this.sentBytes += chunk.length
    if ((this.response as ServerResponse).write(chunk)) return
    await this.#until(goOn => {
      this.response.once('drain', goOn)
      return () => { this.response.off('drain', goOn) }
    })
  }

  /** Writes and waits until nobody needs the chunk any more, so that its memory may be used again; rejects when the client has gone. */
  async writeOut(chunk: Buffer): Promise<void> {
    this.sentBytes += chunk.length
    await this.#until(goOn => {
      ;(this.response as ServerResponse).write(chunk, goOn)
    })
  }

  #until(wait: (goOn: (error?: Error | null) => void) => (() => void) | void): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const { response } = this
      const onClose = () => {
        stopWaiting?.()
        reject(new Error('client has gone'))
      }
      response.once('close', onClose)
      const stopWaiting = wait(error => {
        response.off('close', onClose)
        if (error instanceof Error) reject(new Error('client has gone', { cause: error }))
        else resolve()
      })
    })
  }
}

/** RFC 7234 warnings; when all together are too long, each is cut (upstream: apiserver/pkg/endpoints/filters/warning.go). */
export function renderWarnings(texts: readonly string[]): string[] {
  const total = texts.reduce((sum, text) => sum + text.length, 0)
  const cut = total > warningBudget
  const rendered: string[] = []
  let used = 0
  for (const text of texts) {
    const shown = cut ? text.slice(0, 256) : text
    used += shown.length
    if (used > warningBudget) break
    rendered.push(`299 - "${headerSafe(shown)}"`)
  }
  return rendered
}

function headerSafe(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/[^\u0020-\u00ff]/g, '?')
}
