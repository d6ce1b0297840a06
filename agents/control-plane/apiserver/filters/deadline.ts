/**
 * DL-D1  A short request has --request-timeout (60 s); then its signal aborts and the client gets 504 Timeout.
 * DL-D2  Watches and streams have no deadline here.
 * DL-D3  When the client goes away, the signal aborts at once.
 */
import type { Clock } from '../../../base/clock.ts'
import { ApiError } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Filter } from './filter.ts'

export function deadline(clock: Clock, timeoutMs: number): Filter {
  return async (exchange, next) => {
    const onClose = () => {
      if (!exchange.response.writableFinished) exchange.abort.abort(new ApiError('Timeout', 'the client has gone'))
    }
    exchange.response.once('close', onClose)
    if (exchange.isLongRunning) {
      await next()
      return
    }
    const asked = requestedTimeoutMs(exchange)
    const limitMs = Math.min(timeoutMs, asked ?? timeoutMs)
    await new Promise<void>((resolve, reject) => {
      const timer = clock.after(limitMs, () => {
        const error = new ApiError('Timeout', `Timeout: request did not complete within the allotted timeout`, { retryAfterSeconds: 0 })
        exchange.abort.abort(error)
        end(reject, error)
      })
      const end = <T>(settle: (outcome: T) => void, outcome: T) => {
        timer[Symbol.dispose]()
        exchange.response.off('close', onClose)
        settle(outcome)
      }
      try {
        next().then(() => { end(resolve, undefined) }, (error: unknown) => { end(reject, error) })
      } catch (error) {
        end(reject, error)
      }
    })
  }
}

/** What the client gives the request at most. */
export function requestedTimeoutMs(exchange: Exchange): number | undefined {
  return readTimeout(exchange.query.get('timeout'))
}

/** Go duration of whole or fractional seconds, minutes or milliseconds, as clients send it. */
function readTimeout(text: string | null): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text ?? '')
  if (found === null) return undefined
  const unit = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }[found[2] as 'ms' | 's' | 'm' | 'h']
  const ms = Number(found[1]) * unit
  return ms > 0 ? ms : undefined
}
