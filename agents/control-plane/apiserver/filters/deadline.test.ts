import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import type { Exchange } from '../http/exchange.ts'
import { deadline } from './deadline.ts'
import { chainFilters } from './filter.ts'

function request(query = ''): Exchange & { readonly response: EventEmitter } {
  return { response: Object.assign(new EventEmitter(), { writableFinished: false }), abort: new AbortController(), isLongRunning: false, query: new URLSearchParams(query) } as unknown as Exchange & { readonly response: EventEmitter }
}

const never = () => new Promise<void>(() => {})

describe('deadline', () => {
  test.each([['', 60_000], ['timeout=2s', 2_000], ['timeout=5m', 60_000]])('DL-D1 a request with %j has %i ms; then its signal aborts and it is a timeout', async (query, limitMs) => {
    const clock = new FakeClock()
    const exchange = request(query)
    let outcome: unknown
    void deadline(clock, 60_000)(exchange, never).catch((error: unknown) => { outcome = error })
    await clock.advance(limitMs - 1)
    expect(exchange.abort.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(outcome).toMatchObject({ reason: 'Timeout' })
    expect(exchange.abort.signal.aborted).toBe(true)
  })

  test.each([
    ['answers', () => Promise.resolve(), undefined],
    ['fails', () => Promise.reject(new Error('later')), 'later'],
    ['throws at once', () => { throw new Error('at once') }, 'at once'],
  ] as const)('a request that %s leaves no timer and no listener', async (_how, handler: () => Promise<void>, error) => {
    const clock = new FakeClock()
    const exchange = request()
    const served = chainFilters([deadline(clock, 60_000), (_exchange, next) => next()], handler)(exchange)
    if (error === undefined) await served
    else await expect(served).rejects.toThrow(error)
    expect(clock.pendingTimers).toBe(0)
    expect(exchange.response.listenerCount('close')).toBe(0)
  })

  test('DL-D3 a client that goes away ends what is done for it', () => {
    const exchange = request()
    void deadline(new FakeClock(), 60_000)(exchange, never)
    exchange.response.emit('close')
    expect(exchange.abort.signal.aborted).toBe(true)
  })
})
