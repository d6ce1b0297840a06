import { RE2JS } from 're2js'
import { describe, expect, test, vi } from 'vitest'
import { fakeExchange } from '../access/testing/fakes.ts'
import { browserHeaders } from './browser-headers.ts'
import { chainFilters } from './filter.ts'

const off = { origins: [], transportSecurity: '', goawayChance: 0 }
const always = { next: () => 0 }

describe('what browsers are told', () => {
  test('what is not configured is not there', () => {
    expect(browserHeaders(off, always)).toEqual([])
  })

  test('BH1 an allowed origin may call, another learns nothing', async () => {
    const filters = browserHeaders({ ...off, origins: [RE2JS.compile('^https://lab\\.example(:|$)')] }, always)
    const headersFor = async (origin: string, method = 'GET') => {
      const exchange = fakeExchange([['Origin', origin]], { method })
      const sent = vi.spyOn(exchange, 'sendNoContent').mockImplementation(() => {})
      let reached = false
      await chainFilters(filters, async () => { reached = true })(exchange)
      return [exchange.headers['access-control-allow-origin'], reached, sent.mock.calls.length]
    }
    expect(await headersFor('https://lab.example:8443')).toEqual(['https://lab.example:8443', true, 0])
    expect(await headersFor('https://lab.example', 'OPTIONS')).toEqual(['https://lab.example', false, 1])
    for (const origin of ['https://lab.example.evil', 'http://lab.example', 'null']) expect(await headersFor(origin, 'OPTIONS')).toEqual([undefined, true, 0])
  })

  test('BH3 now and then an HTTP/2 connection is told to end; HTTP/1 never is', async () => {
    const goaway = vi.fn()
    const ask = async (chance: number, isHttp2 = true) => {
      const exchange = fakeExchange()
      if (isHttp2) Object.assign(exchange.request, { stream: { session: { goaway } } })
      await chainFilters(browserHeaders({ ...off, goawayChance: 0.01 }, { next: () => chance }), async () => {})(exchange)
      return goaway.mock.calls.length
    }
    expect([await ask(0.009), await ask(0.011), await ask(0.001, false)]).toEqual([1, 1, 1])
  })
})
