import { expect, test } from 'vitest'
import type { StoryStep } from '../../../electron/contract/stories.ts'
import { chainOf, placeSteps } from './place-steps.ts'

const step = (id: string, lane: StoryStep['lane'], startMs: number, durationMs: number, causes: readonly string[] = []): StoryStep => ({
  id, lane, component: 'c', node: null, startMs, durationMs, object: null, causes, why: { key: 'admitted', words: {} }, read: null, wrote: null, error: null, details: {}, source: 'span',
})
const steps = [step('a', 'client', 1_000, 50), step('b', 'store', 1_010, 0.1, ['a']), step('c', 'kubelet', 1_100, 10, ['b', 'unknown']), step('d', 'queue', 1_101, 1)]

test('PL1 by order every step is as wide as the next, by time a step is as long as it took but can be hit', () => {
  expect(placeSteps(steps, 'order', 1).steps.map(({ x, width }) => [x, width])).toEqual([[0, 13], [16, 13], [32, 13], [48, 13]])
  expect(placeSteps(steps, 'time', 2).steps.map(({ x, width }) => [x, width])).toEqual([[0, 100], [20, 5], [200, 20], [202, 5]])
})

test('PL2 lanes stand in the order of a request, and only those that have steps', () => {
  expect(placeSteps(steps, 'order', 1).lanes).toEqual(['client', 'store', 'queue', 'kubelet'])
})

test('the chain of a step goes back to where it began, and over causes that are no steps', () => {
  expect([...chainOf(steps, 'c')]).toEqual(['c', 'b', 'a'])
  expect(chainOf(steps, null).size).toBe(0)
})
