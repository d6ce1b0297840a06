/**
 * Every failure the API server answers with, as one list. An ApiError carries the whole Status that the client sees.
 *
 *   AE1  details.kind is the plural resource for NotFound, AlreadyExists, Conflict and Forbidden, but the Kind for Invalid.
 *   AE2  retryAfterSeconds in the details becomes the Retry-After header.
 *   AE4  Of what is wrong with one object 256 things are told, so that no answer outgrows its question by much.
 *   AE3  Messages are upstream's, since kubectl prints them and controllers match them.
 */
import { fieldErrorsText } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { StoreUnavailableError } from '../storage/storage.ts'

export interface StatusCause {
  readonly reason?: string
  readonly message?: string
  readonly field?: string
}

export interface StatusDetails {
  readonly name?: string
  readonly group?: string
  readonly kind?: string
  readonly uid?: string
  readonly causes?: readonly StatusCause[]
  readonly retryAfterSeconds?: number
}

export interface StatusBody {
  readonly kind: 'Status'
  readonly apiVersion: 'v1'
  readonly metadata: { readonly continue?: string }
  readonly status: 'Success' | 'Failure'
  readonly message?: string
  readonly reason?: string
  readonly details?: StatusDetails
  readonly code: number
}

export interface GroupResource {
  readonly group: string
  readonly resource: string
}

const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  NotImplemented: 501,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const

export type ErrorReason = keyof typeof codes

export class ApiError extends Error {
  readonly reason: ErrorReason
  readonly code: number
  readonly details: StatusDetails | undefined
  readonly continueToken: string | undefined

  constructor(reason: ErrorReason, message: string, details?: StatusDetails, options: { code?: number; continueToken?: string } = {}) {
    super(message)
    this.name = 'ApiError'
    this.reason = reason
    this.code = options.code ?? codes[reason]
    this.details = details
    this.continueToken = options.continueToken
  }

  get status(): StatusBody {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.continueToken === undefined ? {} : { continue: this.continueToken },
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    }
  }
}

/** A refusal in somebody else's words (a webhook's): any code, any reason or none. */
class RelayedError extends ApiError {
  readonly #reason: string | undefined

  constructor({ code, reason, message, details }: RelayedStatus) {
    super(reason !== undefined && Object.hasOwn(codes, reason) ? (reason as ErrorReason) : 'BadRequest', message, details, { code })
    this.#reason = reason
  }

  override get status(): StatusBody {
    const { reason: _known, ...rest } = super.status
    return { ...rest, ...(this.#reason === undefined ? {} : { reason: this.#reason }) }
  }
}

export interface RelayedStatus {
  readonly code: number
  readonly message: string
  readonly reason?: string
  readonly details?: StatusDetails
}

export function relayedStatus(status: RelayedStatus): ApiError {
  return new RelayedError(status)
}

export function resourceText({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`
}

function resourceDetails(of: GroupResource, name: string): StatusDetails {
  return { ...(name === '' ? {} : { name }), ...(of.group === '' ? {} : { group: of.group }), kind: of.resource }
}

export function notFound(of: GroupResource, name: string): ApiError {
  return new ApiError('NotFound', `${resourceText(of)} "${name}" not found`, resourceDetails(of, name))
}

export function noSuchPath(): ApiError {
  return new ApiError('NotFound', 'the server could not find the requested resource', {})
}

/** Where no group of this server's would answer: a page of text, as Go's mux says it. */
export function noSuchPage(): ApiError {
  return new PageNotFoundError('NotFound', '404 page not found', {})
}

/** Told as text, not as a Status. */
export class PageNotFoundError extends ApiError {}

/** `isLeaving`: what has the name is being deleted. */
export function alreadyExists(of: GroupResource, name: string, { isLeaving = false, retryAfterSeconds }: { readonly isLeaving?: boolean; readonly retryAfterSeconds?: number } = {}): ApiError {
  return new ApiError('AlreadyExists', `${isLeaving ? 'object is being deleted: ' : ''}${resourceText(of)} "${name}" already exists`, {
    ...resourceDetails(of, name),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })
}

export function conflict(of: GroupResource, name: string, why: string): ApiError {
  return new ApiError('Conflict', `Operation cannot be fulfilled on ${resourceText(of)} "${name}": ${why}`, resourceDetails(of, name))
}

export const staleObjectText = 'the object has been modified; please apply your changes to the latest version and try again'

export function forbidden(of: GroupResource, name: string, why: string, causes?: readonly StatusCause[]): ApiError {
  const subject = of.resource === '' ? '' : name === '' ? `${resourceText(of)} is ` : `${resourceText(of)} "${name}" is `
  return new ApiError('Forbidden', `${subject}forbidden: ${why}`, {
    ...resourceDetails(of, name),
    ...(causes === undefined ? {} : { causes }),
  })
}

const mostFailures = 256

export function invalid(kind: { readonly group: string; readonly kind: string }, name: string, failures: readonly FieldError[]): ApiError {
  const told = failures.length > mostFailures ? failures.slice(0, mostFailures) : failures // AE4
  const text = fieldErrorsText(told)
  const kindText = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`
  return new ApiError('Invalid', `${kindText} "${name}" is invalid: ${text}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    ...(kind.kind === '' ? {} : { kind: kind.kind }),
    causes: told.map(({ reason, message, path }) => ({ reason, message, field: path })),
  })
}

/** What is written under a name says it too. */
export function namelessObject(asked: string): ApiError {
  return badRequest(`the name of the object (${asked} based on URL) was undeterminable: name must be provided`)
}

export function badRequest(message: string): ApiError {
  return new ApiError('BadRequest', message)
}

export function internalError(message: string): ApiError {
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
}

export function methodNotAllowed(): ApiError {
  return new ApiError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
}

export function methodNotSupported(of: GroupResource, action: string): ApiError {
  return new ApiError('MethodNotAllowed', `${action} is not supported on resources of kind "${resourceText(of)}"`, {
    ...(of.group === '' ? {} : { group: of.group }),
    kind: of.resource,
  })
}

export function expired(message: string, continueToken?: string): ApiError {
  return new ApiError('Expired', message, undefined, continueToken === undefined ? {} : { continueToken })
}

export function tooOldResourceVersion(asked: number, oldest: number): ApiError {
  return expired(`too old resource version: ${asked} (${oldest})`)
}

export function tooLargeResourceVersion(asked: number, current: number): ApiError {
  return new ApiError('Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

export function tooManyRequests(message: string, retryAfterSeconds: number, causes?: readonly StatusCause[]): ApiError {
  return new ApiError('TooManyRequests', message, { ...(causes === undefined ? {} : { causes }), retryAfterSeconds })
}

export function unauthorized(): ApiError {
  return new ApiError('Unauthorized', 'Unauthorized')
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  return new ApiError('NotAcceptable', `only the following media types are accepted: ${accepted.join(', ')}`)
}

/** What is said before a handler is found: none of the types that the path knows is asked for. */
export function noneAcceptable(available: readonly string[]): ApiError {
  return new ApiError('NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`, {})
}

/** What is said of a PATCH in a form that no resource takes. */
export function unknownMediaType(): ApiError {
  return new ApiError('UnsupportedMediaType', '415: Unsupported Media Type', {})
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  return new ApiError('UnsupportedMediaType', `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`)
}

/** What the client is told about anything thrown; unknown failures become InternalError without their inner text lost. */
export function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof StoreUnavailableError) return new ApiError('ServerTimeout', `The operation could not be completed at this time, please try again: ${error.message}`, { retryAfterSeconds: 1 })
  return internalError(error instanceof Error ? error.message : String(error))
}
