import { afterEach, expect, test } from 'vitest'
import { FakeClock } from '../base/fake-clock.ts'
import { SpanRecorder } from '../base/spans.ts'
import { decodeSpans } from '../wire/otlp/otlp-json.ts'
import { SpanFeed } from './span-feed.ts'
import type { SpanAnswer } from './span-feed.ts'

let feed: SpanFeed | undefined
afterEach(() => { feed?.[Symbol.dispose]() })

function watched(): { feed: SpanFeed; recorder: SpanRecorder; clock: FakeClock } {
  const clock = new FakeClock()
  const recorder = new SpanRecorder()
  feed = new SpanFeed({ resource: { 'service.name': 'kubelet' }, clock, recorder })
  return { feed, recorder, clock }
}

const names = (answer: SpanAnswer): string[] => decodeSpans(answer).flatMap(({ spans }) => spans.map(({ name }) => name))

test('SF1 nothing is recorded before the first reading, and no longer than a minute after the last', async () => {
  const { feed, recorder, clock } = watched()
  expect(recorder.on).toBe(false)
  feed.read(undefined)
  expect(recorder.on).toBe(true)
  await clock.advance(45_000)
  feed.read(undefined)
  await clock.advance(45_000)
  expect(recorder.on).toBe(true)
  await clock.advance(15_001)
  expect(recorder.on).toBe(false)
})

test('SF2 a reading goes on where the one before ended', () => {
  const { feed, recorder } = watched()
  const first = feed.read(undefined)
  recorder.add({ name: 'one' })
  recorder.add({ name: 'two' })
  const second = feed.read(first.next)
  expect(names(second)).toEqual(['one', 'two'])
  recorder.add({ name: 'three' })
  expect(names(feed.read(second.next))).toEqual(['three'])
})

test('SF2 what was lost for want of room is told', () => {
  const { feed, recorder } = watched()
  const { next } = feed.read(undefined)
  for (let count = 0; count < 25_000; count++) recorder.add({ name: 'busy' })
  expect(feed.read(next).lost).toBe(5_000)
})

test('SF3 the cursor of another process reads from the beginning', () => {
  const { feed, recorder } = watched()
  feed.read(undefined)
  recorder.add({ name: 'one' })
  expect(names(feed.read('00000000-700'))).toEqual(['one'])
})

test('work that goes on later still belongs to its span', async () => {
  const { feed, recorder } = watched()
  const { next } = feed.read(undefined)
  const outer = recorder.begin({ name: 'outer' })
  await recorder.within(outer.context, async () => {
    await Promise.resolve()
    recorder.add({ name: 'inner' })
  })
  outer.end()
  const [inner, last] = decodeSpans(feed.read(next))[0]!.spans
  expect(inner!.parent).toBe(last!.context.spanId)
})
