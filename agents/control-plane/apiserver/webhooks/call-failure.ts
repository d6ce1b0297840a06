/**
 * Why a call of a webhook came to nothing, in the words that upstream's (Go) client has for it, since they end up in
 * messages that people search for.
 *
 *   CF1  A failure to connect, to trust, or to answer in time names the method and the whole URL.
 *   CF2  An answer that is not a success is told by its code alone, unless it carries a Status of its own.
 */
import { ApiError } from '../http/api-error.ts'

export type CallFailureKind = 'timeout' | 'cancelled' | 'connection' | 'answer' | 'too-large'

export class WebhookCallError extends Error {
  override readonly name = 'WebhookCallError'
  readonly kind: CallFailureKind
  /** The HTTP status, when there was an answer. */
  readonly code: number

  constructor(kind: CallFailureKind, message: string, code = 0) {
    super(message)
    this.kind = kind
    this.code = code
  }
}

/** CF1 */
export function connectionFailure(url: string, error: unknown): WebhookCallError {
  return new WebhookCallError('connection', `Post ${JSON.stringify(url)}: ${connectionText(error)}`)
}

export function timeoutFailure(url: string): WebhookCallError {
  return new WebhookCallError('timeout', `Post ${JSON.stringify(url)}: context deadline exceeded`)
}

export function cancelledFailure(url: string): WebhookCallError {
  return new WebhookCallError('cancelled', `Post ${JSON.stringify(url)}: context canceled`)
}

const untrusted = new Set(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_SIGNATURE_FAILURE'])
const systemTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'i/o timeout',
}

export function connectionText(error: unknown): string {
  if (error instanceof ApiError) return error.details?.causes?.[0]?.message === undefined ? error.message : dialText(error.details.causes[0].message)
  if (!(error instanceof Error)) return String(error)
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (untrusted.has(code)) return 'tls: failed to verify certificate: x509: certificate signed by unknown authority'
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return `tls: failed to verify certificate: x509: certificate has expired or is not yet valid`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `tls: failed to verify certificate: x509: ${altNameText(error as AltNameError)}`
  if (code === 'EPROTO' || code.startsWith('ERR_SSL')) return 'http: server gave HTTP response to HTTPS client'
  if (code === 'ECONNRESET') return 'EOF'
  return systemTexts[code] ?? error.message
}

interface AltNameError extends Error {
  readonly host?: string
  readonly cert?: { readonly subjectaltname?: string }
}

function altNameText({ host = '', cert }: AltNameError): string {
  const names = (cert?.subjectaltname ?? '').split(', ').filter(name => name !== '').map(name => name.replace(/^(DNS|IP Address):/, ''))
  if (names.length === 0) return 'certificate relies on legacy Common Name field, use SANs instead'
  return `certificate is valid for ${names.join(', ')}, not ${host}`
}

/** 'dial 10.0.0.1:443: connect ECONNREFUSED …' as Go says it. */
function dialText(text: string): string {
  const found = /^dial (\S+): .*\b(E[A-Z]+)\b/.exec(text)
  const [, address = '', code = ''] = found ?? []
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${address.replace(/:\d+$/, '')}: no such host`
  const known = systemTexts[code]
  if (known !== undefined) return `dial tcp ${address}: ${code === 'ETIMEDOUT' ? '' : 'connect: '}${known}`
  return text.replace(/^dial (?!tcp)/, 'dial tcp ')
}

const answerTexts: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}
const shownWhole = new Set([403, 406, 415])

/** CF2 */
export function answerFailure(code: number, contentType: string, body: Buffer): WebhookCallError {
  const status = statusIn(contentType, body)
  if (status !== undefined) return new WebhookCallError('answer', status, code)
  const said = contentType.startsWith('text/') ? body.toString('utf8', 0, 2_048).trim() : 'unknown'
  if (shownWhole.has(code)) return new WebhookCallError('answer', said, code)
  const known = answerTexts[code]
  if (known !== undefined) return new WebhookCallError('answer', known, code)
  if (code >= 500) return new WebhookCallError('answer', `an error on the server (${JSON.stringify(said)}) has prevented the request from succeeding`, code)
  return new WebhookCallError('answer', `the server responded with the status code ${code} but did not return more information`, code)
}

/** A Status is short. */
const maxStatusBytes = 64 * 1024

function statusIn(contentType: string, body: Buffer): string | undefined {
  if (!contentType.startsWith('application/json') || body.length > maxStatusBytes) return undefined
  try {
    const value = JSON.parse(body.toString('utf8')) as { kind?: unknown; status?: unknown; message?: unknown } | null
    return value?.kind === 'Status' && value.status === 'Failure' && typeof value.message === 'string' ? value.message : undefined
  } catch {
    return undefined
  }
}
