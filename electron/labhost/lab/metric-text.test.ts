import { expect, test } from 'vitest'
import { readMetricText } from './metric-text.ts'

const text = `# HELP requests_total Requests by verb.
# TYPE requests_total counter
requests_total{verb="GET",path="a \\"b\\" {c}"} 7
requests_total{verb="PUT"} 2 1700000000
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.1"} 1
wait_seconds_bucket{le="+Inf"} 3
wait_seconds_sum 1.5
wait_seconds_count 3
# TYPE lag summary
lag{quantile="0.99"} 4
lag_sum 9
lag_count 2
# TYPE odd gauge
odd NaN
bare 5
`

test('MX1 families with their series, buckets and quantiles left out', () => {
  const { families, samples } = readMetricText(text, new Set(['requests_total', 'wait_seconds', 'lag', 'odd', 'bare']))
  expect(families.map(({ name, type, series }) => [name, type, series])).toEqual([['bare', 'untyped', 1], ['lag', 'summary', 1], ['odd', 'gauge', 1], ['requests_total', 'counter', 2], ['wait_seconds', 'histogram', 1]])
  expect(samples).toEqual([
    { family: 'requests_total', part: 'value', labels: { verb: 'GET', path: 'a "b" {c}' }, value: 7 }, { family: 'requests_total', part: 'value', labels: { verb: 'PUT' }, value: 2 },
    { family: 'wait_seconds', part: 'sum', labels: {}, value: 1.5 }, { family: 'wait_seconds', part: 'count', labels: {}, value: 3 },
    { family: 'lag', part: 'sum', labels: {}, value: 9 }, { family: 'lag', part: 'count', labels: {}, value: 2 }, { family: 'bare', part: 'value', labels: {}, value: 5 }, // MX3: odd has no number
  ])
})

test('MX2 a family with very many series is cut', () => {
  const many = `# TYPE many gauge\n${Array.from({ length: 400 }, (_, index) => `many{n="${index}"} ${index}`).join('\n')}\n`
  const { families, samples } = readMetricText(many, new Set(['many']))
  expect([families[0]!.series, samples.length]).toEqual([400, 300])
})
