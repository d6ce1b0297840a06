import { beforeEach, describe, expect, test } from 'vitest'
import { readTraceparent, SpanRecorder, traceparentOf } from './spans.ts'
import type { Span, SpanContext } from './spans.ts'

let kept: Span[]
let now: number
let recorder: SpanRecorder
let inside: SpanContext | undefined

beforeEach(() => {
  kept = []
  now = 1_000.25
  inside = undefined
  let drawn = 0
  recorder = new SpanRecorder()
  recorder.start({
    now: () => now,
    hex: digits => (++drawn).toString(16).padStart(digits, '0'),
    keep: span => { kept.push(span) },
    current: () => inside,
    within: (context, work) => {
      const before = inside
      inside = context
      try {
        return work()
      } finally {
        inside = before
      }
    },
  })
})

describe('spans', () => {
  test('SP1 a span opened within another is its child, and one that is given null begins a trace', () => {
    const outer = recorder.begin({ name: 'outer' })
    recorder.within(outer.context, () => {
      recorder.add({ name: 'child' })
      recorder.add({ name: 'of its own', parent: null })
    })
    now = 1_002
    outer.end({ attributes: { result: 'done' } })
    expect(kept.map(span => [span.name, span.parent === outer.context.spanId, span.context.traceId === outer.context.traceId])).toEqual([
      ['child', true, true], ['of its own', false, false], ['outer', false, true],
    ])
    expect(kept[2]).toMatchObject({ startMs: 1_000.25, endMs: 1_002, attributes: { result: 'done' } })
  })

  test('a span ends once, and is lost when the watching has ended meanwhile', () => {
    const one = recorder.begin({ name: 'one' })
    one.end()
    one.end({ error: 'late' })
    const two = recorder.begin({ name: 'two' })
    recorder.stop()
    two.end()
    expect(kept.map(span => [span.name, span.error])).toEqual([['one', undefined]])
    expect(recorder.within(two.context, () => recorder.on)).toBe(false)
  })

  test('a traceparent is read back, and what is not one is nothing', () => {
    const context = { traceId: '0123456789abcdef0123456789abcdef', spanId: '00000000000000ff' }
    expect(readTraceparent(traceparentOf(context))).toEqual(context)
    for (const wrong of [undefined, '', '00-short-00ff-01', `00-${'0'.repeat(32)}-00000000000000ff-01`]) expect(readTraceparent(wrong)).toBeUndefined()
  })
})
