import { expect, test } from 'vitest'
import type { Exchange } from '../http/exchange.ts'
import { sendJsonList } from './json-list.ts'

const head = '{"kind":"PodList","items":['

/** Reads what is written only when it says so: memory that was used again too early would show. */
class SlowExchange {
  readonly audited = undefined
  headers: Readonly<Record<string, string | number>> | undefined
  whole: string | undefined
  written = ''
  writes = 0
  readonly response = { end: () => { this.isEnded = true } }
  isEnded = false

  readonly acceptsGzip: boolean

  constructor(acceptsGzip: boolean) {
    this.acceptsGzip = acceptsGzip
  }

  start(_code: number, _type: string, headers: Readonly<Record<string, string | number>>): void {
    this.headers = headers
  }

  send(_code: number, _type: string, body: Buffer): Promise<void> {
    this.whole = body.toString()
    return Promise.resolve()
  }

  async writeOut(chunk: Buffer): Promise<void> {
    this.writes += 1
    await new Promise(resolve => { setImmediate(resolve) })
    this.written += chunk.toString()
  }
}

function objects(count: number, length: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => Buffer.from(JSON.stringify({ kind: 'Pod', name: `p${index}`, text: 'x'.repeat(length) })))
}

/** Items are written without their kind. */
const itemStart = '{"kind":"Pod",'.length

async function sent(items: readonly Buffer[], { isEncoded = true, acceptsGzip = false } = {}): Promise<SlowExchange> {
  const exchange = new SlowExchange(acceptsGzip)
  await sendJsonList(exchange as unknown as Exchange, { head, items, encode: item => Buffer.from(item), itemStart, isEncoded })
  return exchange
}

function namesIn(text: string): string[] {
  return (JSON.parse(text) as { items: { name: string; kind?: string }[] }).items.map(item => item.name + (item.kind ?? ''))
}

test.each([0, 1, 3])('JL3 a list of %i is sent whole', async count => {
  for (const isEncoded of [true, false]) {
    const { whole, writes } = await sent(objects(count, 10), { isEncoded })
    expect([namesIn(whole!), writes]).toEqual([Array.from({ length: count }, (_, index) => `p${index}`), 0])
  }
})

test('JL1 JL2 a long list goes out in pieces, and its length is said before', async () => {
  const exchange = await sent(objects(500, 3_000))
  expect(namesIn(exchange.written)).toEqual(objects(500, 0).map((_, index) => `p${index}`))
  expect(exchange.headers).toEqual({ 'content-length': exchange.written.length })
  expect([exchange.writes, exchange.isEnded]).toEqual([6, true])
})

test('JL2 a long list whose items are encoded on the way has no length', async () => {
  const exchange = await sent(objects(500, 3_000), { isEncoded: false })
  expect([namesIn(exchange.written).length, exchange.headers]).toEqual([500, {}])
})

test('an item larger than a piece goes out by itself', async () => {
  const exchange = await sent([...objects(2, 100), ...objects(1, 600_000), ...objects(2, 100)])
  expect(namesIn(exchange.written)).toEqual(['p0', 'p1', 'p0', 'p0', 'p1'])
  expect(exchange.headers).toEqual({ 'content-length': exchange.written.length })
})

test('JL3 a long list that is to be compressed is whole', async () => {
  for (const isEncoded of [true, false]) expect(namesIn((await sent(objects(500, 3_000), { acceptsGzip: true, isEncoded })).whole!).length).toBe(500)
})
