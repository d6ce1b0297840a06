import { expect, test } from 'vitest'
import { expectationText, judge } from './expectation.ts'
import { readFieldPath, valuesAt } from './field-path.ts'
import { MetricHistory } from './metric-history.ts'
import { MetricSyntaxError, readMetricQuery } from './metric-query.ts'

const list = {
  items: [
    { metadata: { labels: { 'app.kubernetes.io/name': 'web' } }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
    { metadata: { labels: {} }, status: { phase: 'Pending' } },
  ],
}
const at = (path: string, object: unknown = list) => valuesAt(object, readFieldPath(path)!)

test('fields: by name, index, every entry, entries with a value, and names with dots', () => {
  expect(at('items[0].status.phase')).toEqual(['Running'])
  expect(at('items[*].status.phase')).toEqual(['Running', 'Pending'])
  expect(at('items[status.phase=Pending]')).toHaveLength(1)
  expect(at('items[status.phase=Running].status.conditions[type=Ready].status')).toEqual(['True'])
  expect(at('items[*].metadata.labels["app.kubernetes.io/name"]')).toEqual(['web'])
  expect(at('items[7].status')).toEqual([])
  expect(at('constructor')).toEqual([]) // only what the object itself has
})

test('what is no path is refused', () => {
  for (const text of ['', '.a', 'a..b', 'a[', 'a[b', 'a b', '[=x]']) expect(readFieldPath(text), text).toBeUndefined()
})

test('expectations', () => {
  expect(judge([3], { atLeast: 3 })).toEqual({ ok: true, seen: '3' })
  expect(judge([0.123456], { atMost: 0.1 })).toEqual({ ok: false, seen: '0.1235' })
  expect(judge(['True'], { is: 'True' }).ok).toBe(true)
  expect(judge([2], { is: '2' }).ok).toBe(true)
  expect(judge(['pod: web-1'], { matches: '^pod: web' }).ok).toBe(true)
  expect(judge([], { is: 'True' })).toEqual({ ok: false, seen: 'nothing' })
  expect(judge([], { count: { atMost: 0 } })).toEqual({ ok: true, seen: '0' })
  expect(judge([1, 2], { count: { atLeast: 3 } }).ok).toBe(false)
  expect([{ is: 200 }, { atLeast: 1 }, { count: { atLeast: 1, atMost: 3 } }].map(expectationText)).toEqual(['is 200', 'is at least 1', 'has 1 to 3'])
})

function history(...scrapes: readonly (readonly [number, string])[]): (query: string) => Record<string, number> | number | undefined {
  const kept = new MetricHistory()
  for (const [atMs, text] of scrapes) kept.add(atMs, text)
  return query => {
    const members = kept.ask(readMetricQuery(query))
    if (members.length <= 1 && Object.keys(members[0]?.labels ?? {}).length === 0) return members[0]?.value
    return Object.fromEntries(members.map(({ labels, value }) => [Object.entries(labels).map(([label, is]) => `${label}=${is}`).join(','), value]))
  }
}

const first = `# TYPE requests_total counter
requests_total{verb="GET",code="200"} 10
requests_total{verb="GET",code="500"} 1
requests_total{verb="WATCH",code="200"} 5
up 1
`
const second = `requests_total{verb="GET",code="200"} 30
requests_total{verb="GET",code="500"} 3
requests_total{verb="WATCH",code="200"} 2
up 1
`

test('metrics: selectors, matchers and gathering', () => {
  const ask = history([0, first])
  expect(ask('up')).toBe(1)
  expect(ask('requests_total{verb="GET",code=~"5.."}')).toEqual({ 'verb=GET,code=500': 1 })
  expect(ask('sum(requests_total{verb!="WATCH"})')).toBe(11)
  expect(ask('sum by (verb) (requests_total)')).toEqual({ 'verb=GET': 11, 'verb=WATCH': 5 })
  expect(ask('count(requests_total)')).toBe(3)
  expect(ask('max(requests_total) - min(requests_total)')).toBe(9)
  expect(ask('nothing_here')).toBeUndefined()
})

test('MH1 MH2 a counter that falls began again at zero; rate divides by the time between the looks', () => {
  const ask = history([0, first], [10_000, second])
  expect(ask('increase(requests_total{verb="GET",code="200"}[30s])')).toEqual({ 'verb=GET,code=200': 20 })
  expect(ask('sum(increase(requests_total{verb="WATCH"}[30s]))')).toBe(2)
  expect(ask('sum(rate(requests_total{verb="GET"}[1m]))')).toBeCloseTo(2.2)
  expect(ask('rate(requests_total[5s])')).toBeUndefined() // one look is no change
})

test('MH3 vectors meet by their labels, numbers meet all', () => {
  const ask = history([0, 'errors{job="a"} 1\nerrors{job="b"} 2\ntotal{job="a"} 10\n'])
  expect(ask('errors / total * 100')).toEqual({ 'job=a': 10 })
  expect(ask('2 * (errors + 1)')).toEqual({ 'job=a': 4, 'job=b': 6 })
})

test('MH4 a quantile lies within its bucket', () => {
  const ask = history([0, 'd_bucket{le="0.1"} 50\nd_bucket{le="0.5"} 90\nd_bucket{le="+Inf"} 100\n'])
  expect(ask('histogram_quantile(0.25, d_bucket)')).toBeCloseTo(0.05)
  expect(ask('histogram_quantile(0.7, sum by (le) (d_bucket))')).toBeCloseTo(0.3)
  expect(ask('histogram_quantile(0.99, d_bucket)')).toBe(0.5)
})

test('an expression that is not understood is refused at its place', () => {
  const refused = (text: string) => {
    try {
      readMetricQuery(text)
    } catch (error) {
      if (error instanceof MetricSyntaxError) return error.message
      throw error
    }
    return 'read'
  }
  expect(refused('sum(rate(a[30s])')).toMatch(/character 17: \) is expected there/)
  expect(refused('topk(3, a)')).toMatch(/character 1: rate, increase, .*no other function/)
  expect(refused('a{b=c}')).toMatch(/value in double quotes/)
  expect(refused('a{b=~"("}')).toMatch(/regular expression/)
  expect(refused('rate(a)')).toMatch(/\[30s\]/)
  expect(refused('a b')).toMatch(/character 3/)
  expect(refused('('.repeat(40))).toMatch(/at most 32/)
})
