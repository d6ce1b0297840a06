import type { Filter } from './filter.ts'

const longRunningSubresources = new Set(['exec', 'attach', 'portforward', 'proxy', 'log'])

/** Headers every answer carries, and which requests have no deadline. */
export function standardHeaders(shutdown: AbortSignal): Filter {
  return (exchange, next) => {
    const { info } = exchange
    exchange.isLongRunning = info.verb === 'watch' || info.verb === 'proxy' || (info.isResourceRequest && longRunningSubresources.has(info.subresource))
    exchange.headers['audit-id'] = exchange.auditId
    exchange.headers['cache-control'] = 'no-cache, private'
    if (!exchange.isLongRunning) return next()
    const end = () => {
      exchange.abort.abort(shutdown.reason)
    }
    shutdown.addEventListener('abort', end, { once: true })
    return next().finally(() => {
      shutdown.removeEventListener('abort', end)
    })
  }
}
