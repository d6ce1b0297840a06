import { expect, test } from 'vitest'
import type { ProgressItem } from '../../../electron/contract/labs.ts'
import { barsOf } from './step-bars.ts'

const item = (step: string, startedMs: number, elapsedMs: number): ProgressItem => ({ step, key: step, values: {}, text: step, state: 'done', ratio: null, elapsedMs, startedMs })

test('steps are drawn where they began, as long as they took, and the end comes last', () => {
  expect(barsOf([item('lab', 0, 2_000), item('node-1', 500, 1_500), item('images', 0, 500)]).map(({ item: { step }, from, share }) => [step, from, share])).toEqual([['images', 0, 0.25], ['node-1', 0.25, 0.75], ['lab', 0, 1]])
  expect(barsOf([item('images', 0, 0)])).toMatchObject([{ from: 0, share: 0 }])
})
