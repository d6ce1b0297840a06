import { expect, test } from 'vitest'
import { createPrometheusMetrics } from './prometheus-metrics.ts'

const linesOf = async (name: string, fill: (metrics: ReturnType<typeof createPrometheusMetrics>) => void) => {
  const metrics = createPrometheusMetrics('test', 'v0')
  fill(metrics)
  return (await metrics.text()).split('\n').filter(line => line.includes(name))
}

test('counters, gauges and what is read when asked print their type and every series', async () => {
  expect(await linesOf('seen', metrics => {
    const counter = metrics.counter({ name: 'seen_total', help: 'Seen.', labels: ['verb', 'code'] })
    counter.series({ verb: 'get', code: '200' }).add()
    counter.add(2, { code: '200', verb: 'get' })
    counter.add(1, { verb: 'list' })
    metrics.observed({ name: 'seen_now', help: 'Now.', counts: true }, () => 7)
  })).toEqual([
    '# HELP seen_total Seen.',
    '# TYPE seen_total counter',
    'seen_total{verb="get",code="200"} 3',
    'seen_total{verb="list",code=""} 1',
    '# HELP seen_now Now.',
    '# TYPE seen_now counter',
    'seen_now 7',
  ])
})

test('MS2 a histogram is cumulative and ends with +Inf', async () => {
  expect(await linesOf('size', metrics => {
    const sizes = metrics.histogram({ name: 'size', help: 'Size.', labels: ['kind'], buckets: [1, 10] })
    for (const size of [1, 2, 100]) sizes.observe(size, { kind: 'a"b' })
  })).toEqual([
    '# HELP size Size.',
    '# TYPE size histogram',
    'size_bucket{kind="a\\"b",le="1"} 1',
    'size_bucket{kind="a\\"b",le="10"} 2',
    'size_bucket{kind="a\\"b",le="+Inf"} 3',
    'size_sum{kind="a\\"b"} 103',
    'size_count{kind="a\\"b"} 3',
  ])
})

test('MS1 an undeclared label is refused', () => {
  expect(() => {
    createPrometheusMetrics('test', 'v0').counter({ name: 'x_total', help: 'x', labels: ['a'] }).add(1, { b: '1' })
  }).toThrow('the label b was not declared')
})
