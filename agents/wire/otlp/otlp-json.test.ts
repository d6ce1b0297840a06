import { expect, test } from 'vitest'
import type { Span } from '../../base/spans.ts'
import { decodeSpans, encodeSpans } from './otlp-json.ts'

const context = { traceId: '0123456789abcdef0123456789abcdef', spanId: '00000000000000ff' }
const span: Span = {
  context, parent: '00000000000000aa', name: 'reconcile', startMs: 1_795_822_500_123.457, endMs: 1_795_822_500_125,
  attributes: { 'k8s.name': 'web', 'revision': 42, 'share': 0.5, 'dry': false, 'nodes': ['a', 'b'] }, links: [{ ...context, spanId: '00000000000000bb' }], error: 'conflict',
}

test('what is encoded reads back equal', () => {
  const of = { resource: { 'service.name': 'kube-scheduler' }, spans: [span] }
  expect(decodeSpans(JSON.parse(JSON.stringify(encodeSpans(of))))).toEqual([of])
})

test('times are nanoseconds as text, as the specification wants of 64-bit numbers', () => {
  const sent = encodeSpans({ resource: {}, spans: [span] }).resourceSpans![0]!.scopeSpans![0]!.spans![0]!
  expect(sent).toMatchObject({ startTimeUnixNano: '1795822500123457000', endTimeUnixNano: '1795822500125000000', status: { code: 2 } })
})

test('OJ1 a span without ids is left out, and fields that are not known are passed over', () => {
  const read = decodeSpans({ resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'no ids' }, { ...context, name: 'whole', droppedLinksCount: 3 } as never] }] }, {}] })
  expect(read.map(({ spans }) => spans.map(({ name, endMs }) => [name, endMs]))).toEqual([[['whole', 0]], []])
})
