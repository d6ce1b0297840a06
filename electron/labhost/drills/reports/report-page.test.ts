import { expect, test } from 'vitest'
import type { DrillRun } from '../../../contract/drills.ts'
import { reportPage } from './report-page.ts'

const run: DrillRun = {
  id: 'drill-abcde', drill: 'mine', title: { 'en': 'A <b> drill', 'zh-Hant': '', 'zh-Hans': '' }, seed: 7, repair: 'none', phase: 'over',
  startedAt: '2026-01-01T00:00:00.000Z', brokenAt: '2026-01-01T00:00:05.000Z', endedAt: '2026-01-01T00:01:00.000Z', durationMs: 20_000, chosen: { victim: 'node-2' },
  injections: [{ atMs: 2_000, kind: 'component-pause', target: { type: 'component', name: 'etcd' }, parameters: {}, durationMs: null }],
  samples: { answers: [{ atMs: 0, ok: true, seen: 'HTTP 200' }, { atMs: 1_000, ok: true, seen: 'HTTP 200' }, { atMs: 2_000, ok: false, seen: '"refused" & gone' }] },
  marks: [{ atMs: 0, kind: 'phase', text: 'breaking' }, { atMs: 2_000, kind: 'fault', text: 'component-pause etcd' }, { atMs: 9_000, kind: 'event', text: 'Killing Pod/<x>' }, { atMs: 20_000, kind: 'heal', text: 'healed' }],
  checks: [{ probe: 'answers', rule: 'holds', weight: 1, met: false, evidence: '2 of 3' }], score: 0, verdict: 'failed', problem: null,
}

test('the page has the verdict, the checks, and everything on one axis, and needs nothing from outside', () => {
  const page = reportPage(run)
  expect(page).toContain('failed, 0 of 100')
  expect(page).toContain('A &lt;b&gt; drill')
  expect(page).toContain('Killing Pod/&lt;x&gt;')
  expect(page).toContain('&quot;refused&quot; &amp; gone')
  expect(page.match(/<rect /g)).toHaveLength(3)
  expect(page).not.toMatch(/<script|https?:|<b>/)
  const fault = /<rect x="([\d.]+)"[^>]*fill="var\(--fault\)"/.exec(page)!
  const failure = /<rect x="([\d.]+)"[^>]*fill="var\(--bad\)"/.exec(page)!
  expect(fault[1]).toBe(failure[1]) // both began at 2 s
})

test('a run that saw nothing has a page too', () => {
  expect(reportPage({ ...run, samples: {}, marks: [], injections: [], checks: [], verdict: 'problem', score: null, problem: 'no node' })).toContain('Nothing was seen.')
})
