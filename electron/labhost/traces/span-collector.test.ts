import { expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import { encodeSpans } from '../../../agents/wire/otlp/otlp-json.ts'
import { SpanCollector } from './span-collector.ts'
import type { SpanSource } from './span-collector.ts'
import { SpanStore } from './span-store.ts'

const spanNamed = (name: string, startMs: number) => ({
  context: { traceId: '0'.repeat(31) + '1', spanId: [...name].map(letter => letter.charCodeAt(0).toString(16)).join('').padStart(16, '0').slice(-16) }, name, startMs, endMs: startMs + 1, attributes: {}, links: [],
})

function source(clock: FakeClock, aheadMs = 0): SpanSource & { reads: (string | null)[]; isDown: boolean } {
  const state = {
    name: 'kubelet@node-1', component: 'kubelet', node: 'node-1', reads: [] as (string | null)[], isDown: false,
    read(cursor: string | null) {
      state.reads.push(cursor)
      if (state.isDown) return Promise.reject(new Error('connection refused'))
      return Promise.resolve({ ...encodeSpans({ resource: {}, spans: [spanNamed(`span${state.reads.length}`, clock.now() + aheadMs)] }), next: `p-${state.reads.length}`, nowUnixMs: clock.now() + aheadMs })
    },
  }
  return state
}

test('SC2 it reads from where it was while it is held, and stops soon after it was let go', async () => {
  const clock = new FakeClock()
  const one = source(clock)
  const collector = new SpanCollector({ clock, sources: () => [one] })
  const held = await collector.hold()
  await clock.advance(1_100)
  expect(one.reads).toEqual([null, 'p-1', 'p-2'])
  held[Symbol.dispose]()
  await clock.advance(5_100)
  const reads = one.reads.length
  await clock.advance(60_000)
  expect(one.reads).toHaveLength(reads)
})

test('SC1 a component that is down is named, asked again, and no longer named when it answers', async () => {
  const clock = new FakeClock()
  const one = source(clock)
  one.isDown = true
  const collector = new SpanCollector({ clock, sources: () => [one] })
  using _held = await collector.hold()
  expect(collector.silent).toEqual([{ component: 'kubelet@node-1', reason: 'connection refused' }])
  one.isDown = false
  await clock.advance(2_600)
  expect(collector.silent).toEqual([])
})

test('SC3 times of a machine whose clock is ahead are moved to ours', async () => {
  const clock = new FakeClock()
  const collector = new SpanCollector({ clock, sources: () => [source(clock, 90_000)] })
  using _held = await collector.hold()
  expect(collector.spans.all()[0]!.startMs).toBe(clock.now())
})

test('SS1 the oldest spans go first', () => {
  const store = new SpanStore(2)
  for (const name of ['a', 'b', 'c']) store.add([spanNamed(name, 1)], { component: 'etcd', node: null, offsetMs: 0 })
  expect(store.all().map(({ name }) => name)).toEqual(['b', 'c'])
})
