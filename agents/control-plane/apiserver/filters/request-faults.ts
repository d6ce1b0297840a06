/**
 * Requests that faults hold up or fail, at the stages they come to; a filter of each stage stands there only where faults
 * may be injected.
 *
 *   RF1  What a fault answers is a Status like any other, with the code it was told; 429 and 503 say when to come again.
 *   RF2  The path of faults itself never comes here.
 */
import { faultPoints, InjectedError } from '../../../base/fault-points.ts'
import { ApiError, relayedStatus } from '../http/api-error.ts'
import type { Filter } from './filter.ts'

const requestFault = faultPoints.define({
  name: 'apiserver.request', help: 'A request at a stage: received (before anybody knows who asks), authenticated, authorized. error: the status it is answered with.',
  attributes: ['stage', 'verb', 'group', 'resource', 'subresource', 'namespace', 'name', 'user', 'path'], effects: ['delay', 'hold', 'error'],
})

const reasons: Readonly<Record<number, string>> = { 400: 'BadRequest', 401: 'Unauthorized', 403: 'Forbidden', 404: 'NotFound', 409: 'Conflict', 410: 'Expired', 422: 'Invalid', 429: 'TooManyRequests', 500: 'InternalError', 503: 'ServiceUnavailable', 504: 'Timeout' }

export function requestFaults(stage: 'received' | 'authenticated' | 'authorized'): Filter {
  return (exchange, next) => {
    if (requestFault.rules === undefined) return next()
    const { verb, group, resource, subresource, namespace, name } = exchange.info
    return requestFault.meet({ stage, verb, group, resource, subresource, namespace, name, user: exchange.user?.name, path: exchange.path }).then(() => next(), (error: unknown) => { throw injectedStatus(error) })
  }
}

/** RF1 */
export function injectedStatus(error: unknown): unknown {
  if (!(error instanceof InjectedError)) return error
  const reason = reasons[error.code]
  const details = error.code === 429 || error.code === 503 ? { retryAfterSeconds: 1 } : undefined
  if (error.code < 400) return new ApiError('InternalError', error.message)
  return relayedStatus({ code: error.code, message: error.message, ...(reason === undefined ? {} : { reason }), ...(details === undefined ? {} : { details }) })
}
