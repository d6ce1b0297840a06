import type { Status } from '../api/groups/meta-v1/types.ts'

/** The API server refused: its Status, as it said it. */
export class StatusError extends Error {
  override readonly name = 'StatusError'
  readonly status: Status
  readonly code: number
  readonly reason: string
  /** Seconds the server asked us to wait, if it did. */
  readonly retryAfterSeconds: number | undefined

  constructor(status: Status, retryAfterSeconds?: number) {
    super(status.message ?? status.reason ?? 'the server refused the request')
    this.status = status
    this.code = status.code ?? 500
    this.reason = status.reason ?? reasonOfCode(this.code)
    this.retryAfterSeconds = retryAfterSeconds ?? status.details?.retryAfterSeconds
  }
}

/** Makes an error of any failed answer, whether or not its body is a Status. */
export function readStatusError(code: number, body: string, retryAfterSeconds?: number): StatusError {
  try {
    const status = JSON.parse(body) as Status
    if (status.kind === 'Status') return new StatusError({ ...status, code: status.code ?? code }, retryAfterSeconds)
  } catch {
    // not JSON: a proxy, or a plain text refusal
  }
  return new StatusError(newStatus(code, reasonOfCode(code), body.trim() === '' ? `the server answered ${code}` : body.trim().slice(0, 1_024)), retryAfterSeconds)
}

export function newStatus(code: number, reason: string, message: string): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
}

export const isNotFound = (error: unknown): boolean => hasReason(error, 'NotFound')
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict')
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists')
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid')
/** The resourceVersion or continue token is too old. */
export const isExpired = (error: unknown): boolean => error instanceof StatusError && (error.reason === 'Expired' || error.reason === 'Gone')
export const hasCause = (error: unknown, reason: string): boolean =>
  error instanceof StatusError && error.status.details?.causes?.some(cause => cause.reason === reason) === true

function hasReason(error: unknown, reason: string): boolean {
  return error instanceof StatusError && error.reason === reason
}

function reasonOfCode(code: number): string {
  const reasons: Readonly<Record<number, string>> = {
    400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 405: 'MethodNotAllowed', 406: 'NotAcceptable',
    409: 'Conflict', 410: 'Expired', 413: 'RequestEntityTooLarge', 415: 'UnsupportedMediaType', 422: 'Invalid',
    429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout',
  }
  return reasons[code] ?? 'Unknown'
}
