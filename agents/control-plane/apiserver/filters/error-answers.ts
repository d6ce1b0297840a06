import { asApiError, PageNotFoundError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { negotiate, plainForm } from '../http/negotiation.ts'
import type { Log } from '../../../base/log.ts'
import { encodeObject } from '../registry/answer-form.ts'
import type { Filter } from './filter.ts'

/** Whatever is thrown further in becomes a Status; a request that has begun to answer is cut off instead. */
export function errorAnswers(log: Log): Filter {
  return async (exchange, next) => {
    try {
      await next()
    } catch (error) {
      await answerError(exchange, error, log)
    }
  }
}

export async function answerError(exchange: Exchange, thrown: unknown, log: Log): Promise<void> {
  const error = asApiError(thrown)
  exchange.outcome.reason = error.reason
  if (error.code >= 500 && thrown !== error) log.error('request failed', { method: exchange.method, path: exchange.path, auditId: exchange.auditId, error: thrown instanceof Error ? thrown.stack : String(thrown) })
  if (exchange.hasAnswered) {
    exchange.response.destroy?.()
    return
  }
  if (exchange.signal.aborted && exchange.response.writableEnded) return
  if (error instanceof PageNotFoundError) {
    await exchange.send(error.code, 'text/plain; charset=utf-8', `${error.message}\n`, { 'x-content-type-options': 'nosniff' }).catch(() => {})
    return
  }
  const form = negotiate(exchange.header('accept'), plainForm) ?? { encoding: 'json' as const }
  const { body, type } = encodeObject(error.status, form)
  const retry = error.details?.retryAfterSeconds
  await exchange.send(error.code, type, body, {
    ...(retry === undefined ? {} : { 'retry-after': retry }),
    ...(error.code === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  }).catch(() => {})
}
