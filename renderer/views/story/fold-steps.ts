/**
 * A long story made short, without losing what led to what.
 *
 *   FO1  Folded, a request is one step: what it went through until its answer is hidden, and what that wrote or failed with is told by
 *        the request itself.
 *   FO2  An object that is not looked at takes its steps along.
 *   FO3  A step whose cause is hidden follows from what that cause followed from; of a folded request, from the request.
 */
import type { StoryStep } from '../../../electron/contract/stories.ts'

export interface Folding {
  readonly requests: boolean
  /** ids of objects not looked at. */
  readonly hidden: ReadonlySet<string>
}

const stageLanes: ReadonlySet<string> = new Set(['authentication', 'authorization', 'admission', 'validation', 'store'])

export function foldSteps(steps: readonly StoryStep[], { requests, hidden }: Folding): readonly StoryStep[] {
  if (!requests && hidden.size === 0) return steps
  const byId = new Map(steps.map(step => [step.id, step]))
  const heads = requests ? headsOf(steps, byId) : new Map<string, string>()
  const stages = new Map<string, StoryStep[]>()
  for (const [stage, head] of heads) stages.set(head, [...stages.get(head) ?? [], byId.get(stage)!])
  const isShown = ({ id, object }: StoryStep): boolean => !heads.has(id) && (object === null || !hidden.has(object))
  return steps.filter(isShown).map(step => ({ ...withStages(step, stages.get(step.id) ?? []), causes: causesOf(step, byId, heads, isShown) }))
}

/** Of each stage the request that it belongs to. Causes come before what they cause. */
function headsOf(steps: readonly StoryStep[], byId: ReadonlyMap<string, StoryStep>): ReadonlyMap<string, string> {
  const heads = new Map<string, string>()
  for (const step of steps) {
    const before = step.causes.length === 1 ? byId.get(step.causes[0]!) : undefined
    if (before === undefined || !isStage(step)) continue
    const head = heads.get(before.id) ?? (before.lane === 'client' ? before.id : undefined)
    if (head !== undefined) heads.set(step.id, head)
  }
  return heads
}

function isStage({ lane, why }: StoryStep): boolean {
  return stageLanes.has(lane) || why.key === 'answered'
}

/** FO1 */
function withStages(step: StoryStep, stages: readonly StoryStep[]): StoryStep {
  const wrote = step.wrote ?? stages.find(stage => stage.wrote !== null)?.wrote ?? null
  const error = step.error ?? stages.find(stage => stage.error !== null)?.error ?? null
  return { ...step, wrote, error }
}

/** FO3 */
function causesOf(step: StoryStep, byId: ReadonlyMap<string, StoryStep>, heads: ReadonlyMap<string, string>, isShown: (step: StoryStep) => boolean): readonly string[] {
  const found = new Set<string>()
  const seen = new Set<string>()
  const open = [...step.causes]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const head = heads.get(id) ?? id
    const cause = byId.get(head)
    if (cause === undefined || head === step.id || seen.has(head)) continue
    seen.add(head)
    if (isShown(cause)) found.add(head)
    else open.push(...cause.causes)
  }
  return [...found]
}
