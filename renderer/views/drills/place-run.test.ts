import { expect, test } from 'vitest'
import type { DrillRun } from '../../../electron/contract/drills.ts'
import { placeRun } from './place-run.ts'

const run: DrillRun = {
  id: 'drill-a', drill: 'mine', title: { 'en': '', 'zh-Hant': '', 'zh-Hans': '' }, seed: 7, repair: 'expert', phase: 'breaking', startedAt: '', brokenAt: '', endedAt: null, durationMs: 90_000, chosen: {},
  injections: [
    { atMs: 0, kind: 'component-pause', target: { type: 'component', name: 'etcd' }, parameters: {}, durationMs: 10_000 },
    { atMs: 60_000, kind: 'pod-delete', target: { type: 'object', namespace: 'drill-mine', name: 'web' }, parameters: {}, durationMs: 0 },
  ],
  samples: { web: [{ atMs: -10_000, ok: true, seen: 'HTTP 200' }, { atMs: 0, ok: true, seen: 'HTTP 200' }, { atMs: 10_000, ok: false, seen: 'refused' }, { atMs: 20_000, ok: false, seen: 'refused' }] },
  marks: [{ atMs: -10_000, kind: 'phase', text: 'preparing' }, { atMs: 0, kind: 'phase', text: 'breaking' }, { atMs: 0, kind: 'fault', text: 'component-pause etcd' }, { atMs: 12_000, kind: 'repair', text: 'restart etcd' }],
  checks: [], score: null, verdict: null, problem: null,
}

test('PR1 faults, probes and what else there is stand in rows', () => {
  expect(placeRun(run)!.rows.map(row => (row.type === 'fault' ? row.injection.kind : row.type === 'probe' ? row.probe : row.kind))).toEqual(['component-pause', 'pod-delete', 'web', 'repair'])
})

test('PR2 faults stand at their times, and those not due yet are said to be', () => {
  const bars = placeRun(run)!.rows.flatMap(row => (row.type === 'fault' ? row.bars : []))
  expect(bars).toEqual([{ left: 10, width: 10, tone: 'fault', text: 'component-pause' }, { left: 70, width: 0.4, tone: 'due', text: 'pod-delete' }])
})

test('PR3 a stretch goes on to the next', () => {
  const bars = placeRun(run)!.rows.flatMap(row => (row.type === 'probe' ? row.bars : []))
  expect(bars).toEqual([{ left: 0, width: 20, tone: 'held', text: 'HTTP 200' }, { left: 20, width: 10, tone: 'failed', text: 'refused' }])
})

test('PR4 times are round and few, and phases stand where they began', () => {
  expect(placeRun(run)!.times.map(({ atMs }) => atMs)).toEqual([0, 15_000, 30_000, 45_000, 60_000, 75_000, 90_000])
  expect(placeRun({ ...run, durationMs: 7_200_000 })!.times.length).toBeLessThanOrEqual(10)
  expect(placeRun(run)!.phases).toEqual([{ left: 0, phase: 'preparing' }, { left: 10, phase: 'breaking' }])
})

test('of a run that saw nothing nothing is placed', () => {
  expect(placeRun({ ...run, samples: {}, marks: [] })).toBe(null)
})
