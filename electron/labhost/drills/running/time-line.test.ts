import { expect, test } from 'vitest'
import { seededRandom } from '../../../../agents/base/random.ts'
import type { FaultOrderText, FaultStep } from '../drill.ts'
import { timeLine } from './time-line.ts'

const order = (target: string, durationMs: number | null = null): FaultOrderText => ({ kind: 'component-kill', target, bothWays: false, parameters: {}, durationMs })
const shown = (steps: readonly FaultStep[], seed = 1) => timeLine(steps, seededRandom(seed)).map(({ atMs, order: { target } }) => `${target} ${atMs}`)

test('a fault may come many times', () => {
  expect(shown([{ step: 'inject', atMs: 100, order: order('a'), times: 3, everyMs: 50 }])).toEqual(['a 100', 'a 150', 'a 200'])
})

test('what is parallel begins together, and everything is in the order of time', () => {
  expect(shown([{ step: 'parallel', atMs: 200, orders: [order('a'), order('b')] }, { step: 'inject', atMs: 100, order: order('c'), times: 1, everyMs: 0 }])).toEqual(['c 100', 'a 200', 'b 200'])
})

test('TL2 in a series the next begins when the one before has ended, and so long after', () => {
  expect(shown([{ step: 'serial', atMs: 1_000, pauseMs: 500, orders: [order('a', 2_000), order('b', 1_000), order('c')] }])).toEqual(['a 1000', 'b 3500', 'c 5000'])
})

test('TL1 TL3 a random step draws moments within its bounds, the same for the same seed', () => {
  const random: FaultStep = { step: 'random', fromMs: 1_000, toMs: 5_000, times: 20, orders: [order('a'), order('b')] }
  const drawn = timeLine([random], seededRandom(7))
  expect(drawn.every(({ atMs }) => atMs >= 1_000 && atMs <= 5_000)).toBe(true)
  expect(new Set(drawn.map(({ order: { target } }) => target))).toEqual(new Set(['a', 'b']))
  expect(shown([random], 7)).toEqual(shown([random], 7))
  expect(shown([random], 7)).not.toEqual(shown([random], 8))
})
