import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../agents/base/fake-clock.ts'
import type { InspectionItem } from '../../contract/inspections.ts'
import { followInspection } from './follow-inspection.ts'

/** Collects what is told while the clock goes on by the given steps. */
async function told(answers: readonly (() => unknown)[], stepsMs: readonly number[]): Promise<readonly InspectionItem[]> {
  const clock = new FakeClock()
  const run = new AbortController()
  const items: InspectionItem[] = []
  let asked = 0
  const followed = (async () => {
    for await (const item of followInspection(async () => answers[Math.min(asked++, answers.length - 1)]!(), clock, run.signal)) items.push(item)
  })()
  for (const stepMs of stepsMs) {
    await new Promise(resolve => setImmediate(resolve))
    await clock.advance(stepMs)
  }
  await new Promise(resolve => setImmediate(resolve))
  run.abort()
  await followed
  return items
}

describe('following an inspection', () => {
  test('FI1 what is the same as a second ago is not told again', async () => {
    expect(await told([() => ({ depth: 1 }), () => ({ depth: 1 }), () => ({ depth: 2 })], [1_000, 1_000])).toEqual([{ state: 'known', value: { depth: 1 } }, { state: 'known', value: { depth: 2 } }])
  })

  test('FI2 a component that does not answer is told of once, and found again', async () => {
    const gone = () => { throw new Error('etcd did not answer') }
    expect(await told([() => 1, gone, gone, () => 2], [1_000, 5_000, 5_000])).toEqual([{ state: 'known', value: 1 }, { state: 'lost', reason: 'etcd did not answer' }, { state: 'known', value: 2 }])
  })
})
