/**
 * Where a request meets the audit policy. Upstream: apiserver/pkg/endpoints/filters/{audit,authn_audit}.go.
 *
 *   AU1  Outside of everything that can answer, the record ends when the answer has been given; inside of authentication
 *        it begins, when it is known who asks.
 *   AU2  Without a policy neither filter is in the chain.
 *   AU3  Who cannot be authenticated is audited as having tried, without a name.
 *   AU4  In the mode blocking-strict a request whose first event cannot be kept is refused.
 */
import { anonymous } from '../access/user-info.ts'
import { ApiError, internalError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { StoreUnavailableError } from '../storage/storage.ts'
import type { Audit } from '../audit/create-audit.ts'
import { attributesOf } from './authorization.ts'
import type { Filter } from './filter.ts'

/** Stands outside of the filter that turns errors into answers (AU1). */
export function auditEnd(audit: Audit): Filter {
  return async (exchange, next) => {
    try {
      await next()
    } finally {
      if (exchange.audited !== undefined) exchange.audited.complete()
      else if (exchange.statusCode === 401 && exchange.user === undefined) tellRefused(exchange, audit)
    }
  }
}

/** Stands after authentication. */
export function auditStart(audit: Audit): Filter {
  return async (exchange, next) => {
    const record = audit.begin(exchange, attributesOf(exchange))
    if (record === undefined) {
      await next()
      return
    }
    exchange.audited = record
    const kept = audit.tellFirst(record)
    if (!(kept instanceof Promise ? await kept : kept)) throw internalError('failed to store audit event') // AU4
    try {
      await next()
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof StoreUnavailableError) && !exchange.signal.aborted) record.noteFailure(error instanceof Error ? error.message : String(error))
      throw error
    }
  }
}

/** AU3 */
function tellRefused(exchange: Exchange, audit: Audit): void {
  exchange.user = anonymous
  const attributes = { ...attributesOf(exchange), user: undefined }
  exchange.user = undefined
  audit.begin(exchange, attributes)?.tellUnauthenticated(attemptedMethods(exchange))
}

function attemptedMethods(exchange: Exchange): string {
  const scheme = (exchange.header('authorization') ?? '').split(' ')[0]!.toLowerCase()
  const methods = [...(scheme === 'bearer' || scheme === 'basic' ? [scheme] : []), ...(exchange.socket.getPeerCertificate?.()?.raw === undefined ? [] : ['x509'])]
  return methods.length === 0 ? 'Authentication failed, no credentials provided' : `Authentication failed, attempted: ${methods.join(', ')}`
}
