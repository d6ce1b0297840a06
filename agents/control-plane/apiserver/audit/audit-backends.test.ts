import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../base/fake-clock.ts'
import { MemoryLog } from '../../../base/log.ts'
import type { WebhookCall, WebhookClient } from '../webhooks/webhook-client.ts'
import type { AuditEvent } from './audit-record.ts'
import { auditWebhook } from './audit-webhook.ts'
import type { AuditWebhookOptions } from './audit-webhook.ts'
import { TokenBucket } from './token-bucket.ts'
import { truncatingSink } from './truncating-sink.ts'

const event = (id: number, more = ''): AuditEvent => ({ json: JSON.stringify({ id, more }), truncated: () => JSON.stringify({ id, annotations: { 'audit.k8s.io/truncated': 'true' } }), stage: 'ResponseComplete', summary: { receivedMs: 0, auditId: String(id), sourceIp: undefined, verb: 'get', user: undefined, impersonated: undefined, userAgent: '', namespace: '', uri: '/', code: 200 } })

function setUp(options: Partial<AuditWebhookOptions>, answers: (call: number) => Error | undefined = () => undefined) {
  const clock = new FakeClock()
  const posted: { atMs: number; ids: number[] }[] = []
  let calls = 0
  const client: WebhookClient = {
    url: 'https://audit.example',
    async post({ body }: WebhookCall) {
      const failure = answers(++calls)
      if (failure !== undefined) throw failure
      posted.push({ atMs: clock.monotonic(), ids: (JSON.parse(String(body)) as { items: { id: number }[] }).items.map(item => item.id) })
      return Buffer.alloc(0)
    },
  }
  let lost = 0
  const sink = auditWebhook({ client, clock, log: new MemoryLog(), signal: new AbortController().signal, firstPauseMs: 1_000, onLost: count => { lost += count }, ...options })
  return { clock, posted, sink, start: clock.monotonic(), lost: () => lost, calls: () => calls }
}

describe('audit webhook', () => {
  const batch = { bufferSize: 6, maxBatchSize: 3, maxWaitMs: 30_000 }

  test('AB1 a full batch goes at once, a smaller one when it has waited', async () => {
    const { sink, clock, posted, start } = setUp({ batch })
    for (const id of [1, 2, 3, 4]) void sink.write(event(id))
    await clock.advance(1)
    expect(posted.map(({ ids }) => ids)).toEqual([[1, 2, 3], [4]]) // what is left goes with it
    void sink.write(event(5))
    await clock.advance(29_000)
    expect(posted).toHaveLength(2)
    await clock.advance(2_000)
    expect(posted[2]!.ids).toEqual([5])
    expect(posted[2]!.atMs - start).toBeGreaterThanOrEqual(30_000)
  })

  test('AB2 a full buffer refuses the newest', async () => {
    const { sink, clock, posted } = setUp({ batch })
    for (const id of [1, 2, 3, 4, 5, 6]) void sink.write(event(id))
    expect(() => sink.write(event(7))).toThrow('audit buffer queue blocked')
    await clock.advance(1)
    expect(posted.flatMap(({ ids }) => ids)).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('AB3 throttling delays what is beyond the burst', async () => {
    const { sink, clock, posted, start } = setUp({ batch: { bufferSize: 10, maxBatchSize: 1, maxWaitMs: 0, throttle: { perSecond: 2, burst: 2 } } })
    for (const id of [1, 2, 3, 4]) void sink.write(event(id))
    await clock.advance(5_000)
    expect(posted.map(({ ids, atMs }) => [ids[0], Math.round((atMs - start) / 100) * 100])).toEqual([[1, 0], [2, 0], [3, 500], [4, 1_000]])
  })

  test('AW1 a failed post is tried again with growing pauses, then its events are lost', async () => {
    const { sink, clock, posted, lost, calls } = setUp({ batch }, call => (call <= 5 ? new Error('down') : undefined))
    for (const id of [1, 2, 3]) void sink.write(event(id))
    await clock.advance(60_000)
    expect([calls(), posted, lost()]).toEqual([5, [], 3])
  })

  test('AW2 blocking: writing is over when the event has been posted, and tells of a failure', async () => {
    const fine = setUp({})
    await fine.sink.write(event(1))
    expect(fine.posted.map(({ ids }) => ids)).toEqual([[1]])
    const down = setUp({}, () => new Error('down'))
    const refused = expect(down.sink.write(event(1))).rejects.toThrow('down')
    await down.clock.advance(60_000)
    await refused
  })
})

test('AT1 AT2 a large event loses its objects and says so; one that stays too large is refused', () => {
  const kept: string[] = []
  const inner = { write: ({ json }: AuditEvent) => { kept.push(json) }, [Symbol.dispose]() {} }
  const sink = truncatingSink(inner, 80)
  void sink.write(event(1))
  void sink.write(event(2, 'x'.repeat(100)))
  expect(kept).toEqual(['{"id":1,"more":""}', '{"id":2,"annotations":{"audit.k8s.io/truncated":"true"}}'])
  expect(() => truncatingSink(inner, 20).write(event(3, 'x'.repeat(100)))).toThrow('larger than 20 bytes')
})

test('AB3 tokens come back at their rate, up to the burst', () => {
  const bucket = new TokenBucket(10, 2, 0)
  expect([bucket.take(0), bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 100, 200])
  expect([bucket.take(10_000), bucket.take(10_000), bucket.take(10_000)]).toEqual([0, 0, 100])
})
