import { expect, test } from 'vitest'
import type { StoryStep } from '../../../electron/contract/stories.ts'
import { foldSteps } from './fold-steps.ts'

const step = (id: string, lane: StoryStep['lane'], causes: readonly string[] = [], more: Partial<StoryStep> = {}): StoryStep => ({
  id, lane, component: 'c', node: null, startMs: 0, durationMs: 1, object: 'deployments.apps/default/web', causes, why: { key: 'admitted', words: {} }, read: null, wrote: null, error: null, details: {}, source: 'span', ...more,
})
const wrote = { object: 'deployments.apps/default/web', revision: 7, changes: null }
const replicas = { object: 'replicasets.apps/default/web-1' }
const steps = [
  step('ask', 'client'), step('who', 'authentication', ['ask']), step('may', 'authorization', ['who']), step('write', 'store', ['may'], { wrote }), step('durable', 'store', ['write']), step('answer', 'client', ['durable'], { why: { key: 'answered', words: {} } }),
  step('told', 'watch', ['durable']), step('loop', 'reconcile', ['told']),
  step('ask2', 'client', ['loop'], replicas), step('write2', 'store', ['ask2'], { ...replicas, error: 'quota' }), step('loop2', 'reconcile', ['write2', 'gone'], replicas), step('sync', 'kubelet', ['loop2', 'loop'], { object: 'pods/default/web-1-a' }),
]
const shownOf = (folded: readonly StoryStep[]): string[] => folded.map(({ id, causes }) => `${id} < ${[...causes].sort().join(' ')}`)

test('FO1 a folded request is one step, which tells what it wrote and why it failed', () => {
  const folded = foldSteps(steps, { requests: true, hidden: new Set() })
  expect(shownOf(folded)).toEqual(['ask < ', 'told < ask', 'loop < told', 'ask2 < loop', 'loop2 < ask2', 'sync < loop loop2'])
  expect(folded[0]!.wrote).toEqual(wrote)
  expect(folded.find(({ id }) => id === 'ask2')!.error).toBe('quota')
})

test('FO2, FO3 without an object its steps are gone, and what followed from them follows from what they followed from', () => {
  const folded = foldSteps(steps, { requests: false, hidden: new Set([replicas.object]) })
  expect(shownOf(folded).slice(-2)).toEqual(['loop < told', 'sync < loop'])
  expect(folded).toHaveLength(9)
})

test('nothing folded, the story is what it was', () => {
  expect(foldSteps(steps, { requests: false, hidden: new Set() })).toBe(steps)
})
