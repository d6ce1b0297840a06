import type { StoryStep } from '../../../contract/stories.ts'

/** By time, but a step never before its causes. Causes that are no steps count for nothing. */
export function causalOrder(steps: readonly StoryStep[]): readonly StoryStep[] {
  const byTime = [...steps].sort((a, b) => a.startMs - b.startMs || a.durationMs - b.durationMs || (a.id < b.id ? -1 : 1))
  const byId = new Map(byTime.map(step => [step.id, step]))
  const ordered: StoryStep[] = []
  const state = new Map<string, 'open' | 'done'>()
  const place = (step: StoryStep): void => {
    if (state.has(step.id)) return // done, or a circle that no honest clock makes
    state.set(step.id, 'open')
    for (const cause of step.causes) {
      const earlier = byId.get(cause)
      if (earlier !== undefined) place(earlier)
    }
    state.set(step.id, 'done')
    ordered.push(step)
  }
  for (const step of byTime) place(step)
  return ordered
}
