/**
 * How much may go on at once. Upstream: apiserver/pkg/server/filters/maxinflight.go.
 *
 *   MF1  Reads and changes are counted apart; watches and streams are not counted.
 *   MF2  system:masters is never turned away.
 *   MF3  Over the limit: 429 with Retry-After 1, which clients retry by themselves.
 */
import { mastersGroup } from '../access/user-info.ts'
import { tooManyRequests } from '../http/api-error.ts'
import type { Filter } from './filter.ts'

const readVerbs = new Set(['get', 'list', 'watch'])

export function maxInFlight(limits: { readonly reads: number; readonly changes: number }, counts: { reads: number; changes: number }): Filter {
  return async (exchange, next) => {
    if (exchange.isLongRunning) {
      await next()
      return
    }
    const which = readVerbs.has(exchange.info.verb) ? 'reads' : 'changes'
    const isExempt = exchange.user?.groups.includes(mastersGroup) === true
    if (!isExempt && limits[which] > 0 && counts[which] >= limits[which]) throw tooManyRequests('Too many requests, please try again later.', 1)
    counts[which] += 1
    try {
      await next()
    } finally {
      counts[which] -= 1
    }
  }
}
