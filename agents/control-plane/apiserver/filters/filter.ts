/**
 * A request passes the filters in the order of one array, outermost first, and then reaches its handler.
 * A filter that only waits for somebody now and then hands on the next one's promise instead of making its own; what it
 * throws at once is caught by the one before as if it had been awaited.
 * Upstream builds the same chain inside out: apiserver/pkg/server/config.go DefaultBuildHandlerChain.
 */
import type { Exchange } from '../http/exchange.ts'

export type Next = () => Promise<void>
export type Filter = (exchange: Exchange, next: Next) => Promise<void>

export function chainFilters(filters: readonly Filter[], handler: (exchange: Exchange) => Promise<void>): (exchange: Exchange) => Promise<void> {
  return exchange => {
    const step = (index: number): Promise<void> => {
      const filter = filters[index]
      return filter === undefined ? handler(exchange) : filter(exchange, () => step(index + 1))
    }
    return step(0)
  }
}
