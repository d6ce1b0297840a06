import { expect, test } from 'vitest'
import { axisOf, endOfFault, secondsText, stretches } from './drill-course.ts'
import type { DrillInjection } from './drills.ts'

const samples = [{ atMs: -500, ok: true, seen: 'HTTP 200' }, { atMs: 1_000, ok: true, seen: 'HTTP 204' }, { atMs: 2_000, ok: false, seen: 'refused' }]

test('DC1 samples that follow each other with the same outcome are one stretch', () => {
  expect(stretches(samples)).toEqual([
    { fromMs: -500, toMs: 1_000, ok: true, seen: 'HTTP 204', count: 2 },
    { fromMs: 2_000, toMs: 2_000, ok: false, seen: 'refused', count: 1 },
  ])
})

test('DC2 a fault ends at its own time, or when the drill heals, or is there yet', () => {
  const fault: DrillInjection = { atMs: 2_000, kind: 'component-pause', target: { type: 'component', name: 'etcd' }, parameters: {}, durationMs: null }
  expect(endOfFault({ ...fault, durationMs: 3_000 }, { marks: [] }, 20_000)).toBe(5_000)
  expect(endOfFault(fault, { marks: [{ atMs: 9_000, kind: 'heal', text: '' }] }, 20_000)).toBe(9_000)
  expect(endOfFault(fault, { marks: [] }, 20_000)).toBe(20_000)
})

test('DC3 the axis holds the drill and all that was seen', () => {
  expect(axisOf({ marks: [], samples: {}, durationMs: 20_000 })).toBe(null)
  expect(axisOf({ marks: [{ atMs: 26_000, kind: 'note', text: '' }], samples: { web: samples }, durationMs: 20_000 })).toEqual({ firstMs: -500, lastMs: 26_000 })
  expect(axisOf({ marks: [{ atMs: 3, kind: 'note', text: '' }], samples: {}, durationMs: 20_000 })).toEqual({ firstMs: 0, lastMs: 20_000 })
})

test('seconds are said with a tenth only where there is one', () => {
  expect([2_000, 2_500, -300].map(secondsText)).toEqual(['2 s', '2.5 s', '-0.3 s'])
})
