import { expect, test } from 'vitest'
import type { DrillSample } from '../../../contract/drills.ts'
import type { Must } from '../drill.ts'
import { type Course, check, scoreOf } from './verdict.ts'

/** One sample a second from zero: `+` held, `-` did not. */
function samples(text: string, fromMs = 0): DrillSample[] {
  return [...text].map((mark, index) => ({ atMs: fromMs + index * 1_000, ok: mark === '+', seen: mark === '+' ? 'HTTP 200' : 'refused' }))
}

const course: Course = { durationMs: 10_000, recoveryMs: 5_000, healedMs: 10_000, nowMs: 15_000 }
const running: Course = { ...course, healedMs: null, nowMs: 5_000 }
const must = <R extends Must>(rule: Omit<R, 'probe' | 'weight'>): R => ({ probe: 'web', weight: 1, ...rule }) as R
const holds = (sharePercent: number, fromMs = 0, toMs = 3_600_000) => must({ rule: 'holds', sharePercent, fromMs, toMs } as Must)
const met = (rule: Must, seen: string, at = course) => check(rule, samples(seen), at).met

test('holds: the share of samples within its time, up to the healing', () => {
  expect(met(holds(100), '+++++++++++')).toBe(true)
  expect(met(holds(90), '+++++-+++++')).toBe(true)
  expect(met(holds(95), '+++++-+++++')).toBe(false)
  expect(met(holds(100, 3_000), '---++++++++')).toBe(true)
  expect(met(holds(100, 0, 2_000), '+++--------')).toBe(true)
  expect(met(holds(100), '+++++++++++-----')).toBe(true) // what comes after healing is not its business
})

test('VE1 is decided when the time is over, or as soon as it cannot be met any more', () => {
  expect(met(holds(100), '+++++', running)).toBeNull()
  expect(met(holds(100), '++-++', running)).toBe(false)
  expect(met(holds(90), '++-++', running)).toBeNull()
  expect(met(must({ rule: 'fails', withinMs: 8_000 } as Must), '+++++', running)).toBeNull()
  expect(met(must({ rule: 'fails', withinMs: 4_000 } as Must), '+++++', running)).toBe(false)
  expect(met(must({ rule: 'recovers', withinMs: 2_000 } as Must), '+-----', running)).toBe(false)
})

test('VE2 what was not looked at is not well', () => {
  for (const rule of ['holds', 'fails', 'recovers', 'holds-after'] as const) expect(met({ ...holds(50), rule, withinMs: 1_000 } as Must, ''), rule).toBe(false)
})

test('fails: at least once while the lab is broken, in time', () => {
  const fails = must({ rule: 'fails', withinMs: 3_000 } as Must)
  expect(check(fails, samples('++-+++'), course)).toMatchObject({ met: true, evidence: 'failed 2 s after the first fault: refused' })
  expect(met(fails, '++++-++')).toBe(false)
  expect(check(fails, samples('---', -5_000), course).met).toBe(false) // before the first fault
})

test('VE3 recovers: again and for good within its time of the first failure, while the faults are there', () => {
  const recovers = must({ rule: 'recovers', withinMs: 4_000 } as Must)
  expect(check(recovers, samples('++---++++++'), course)).toMatchObject({ met: true, evidence: 'held 3 s after its first failure and from then on' })
  expect(met(recovers, '++-----++++')).toBe(false)
  expect(met(recovers, '++--+++++-+')).toBe(false)
  expect(met(recovers, '+++++++++++')).toBe(true)
  expect(met(recovers, '++---------++++')).toBe(false) // it held only because it was healed
})

test('holds-after: within its time of the healing and from then on', () => {
  const after = must({ rule: 'holds-after', withinMs: 2_000 } as Must)
  expect(met(after, '-----------+++++')).toBe(true)
  expect(met(after, '-------------+++')).toBe(false)
  expect(met(after, '-----------++-++')).toBe(false)
  expect(met(after, '-----', running)).toBeNull()
})

test('VE4 the score is the share of the weights that are met', () => {
  const one = { probe: 'web', rule: '', evidence: '' }
  expect(scoreOf([{ ...one, weight: 3, met: true }, { ...one, weight: 1, met: false }])).toBe(75)
  expect(scoreOf([{ ...one, weight: 1, met: null }])).toBe(0)
  expect(scoreOf([])).toBe(0)
})
