import { expect, test } from 'vitest'
import type { MetricSample } from '../../electron/contract/metrics.ts'
import { firstFamilies, labelsOf, metricLines, metricSampleOf } from './metric-lines.ts'

const sample = (family: string, value: number, labels: Record<string, string> = {}, part: MetricSample['part'] = 'value'): MetricSample => ({ family, part, labels, value })
const at = (second: number, ...samples: MetricSample[]) => metricSampleOf(second * 1_000, samples)

test('ML1 series are added up, or told apart by a label', () => {
  const kept = [at(1, sample('r', 10, { verb: 'GET', code: '200' }), sample('r', 5, { verb: 'GET', code: '404' }), sample('r', 1, { verb: 'PUT', code: '200' }), sample('other', 9)), at(3, sample('r', 20, { verb: 'GET', code: '200' }), sample('r', 9, { verb: 'GET', code: '404' }), sample('r', 101, { verb: 'PUT', code: '200' }), sample('other', 9))]
  expect(labelsOf(kept, 'r')).toEqual(['code', 'verb'])
  expect(metricLines(kept, { name: 'r', type: 'counter' }, '').lines).toEqual([{ label: 'r', values: [null, 57] }])
  expect(metricLines(kept, { name: 'r', type: 'counter' }, 'verb').lines).toEqual([{ label: 'PUT', values: [null, 50] }, { label: 'GET', values: [null, 7] }])
  expect(metricLines(kept, { name: 'other', type: 'gauge' }, '').lines).toEqual([{ label: 'other', values: [9, 9] }])
})

test('ML2 of a histogram the mean of what was counted in between', () => {
  const kept = [at(1, sample('h', 1, {}, 'sum'), sample('h', 10, {}, 'count')), at(2, sample('h', 3, {}, 'sum'), sample('h', 14, {}, 'count')), at(3, sample('h', 3, {}, 'sum'), sample('h', 14, {}, 'count'))]
  expect(metricLines(kept, { name: 'h', type: 'histogram' }, '').lines).toEqual([{ label: 'h', values: [null, 0.5, null] }])
})

test('what a component has is drawn first', () => {
  expect(firstFamilies('kubelet@node-1', ['process_cpu_seconds_total', 'kubelet_running_pods', 'up'])).toEqual(['kubelet_running_pods', 'process_cpu_seconds_total'])
})
