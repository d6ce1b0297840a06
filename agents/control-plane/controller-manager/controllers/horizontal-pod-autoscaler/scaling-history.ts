/** What an autoscaler remembers from one look to the next: recommendations and its own rescales. Lost with the process, as upstream. */
import type { HorizontalPodAutoscalerBehavior } from '../../../../api/groups/autoscaling-v2/types.ts'

export interface Remembered {
  readonly replicas: number
  readonly atMs: number
}

export interface ScalingHistory {
  recommendations: readonly Remembered[]
  /** How many replicas were added, or taken away. */
  grown: readonly Remembered[]
  shrunk: readonly Remembered[]
}

export const newHistory = (currentReplicas: number, nowMs: number): ScalingHistory => ({ recommendations: [{ replicas: currentReplicas, atMs: nowMs }], grown: [], shrunk: [] })

/** Keeps only what a window may still ask for. */
export function rememberRecommendation(history: ScalingHistory, replicas: number, nowMs: number, longestWindowMs: number): void {
  history.recommendations = [...history.recommendations.filter(({ atMs }) => atMs >= nowMs - longestWindowMs), { replicas, atMs: nowMs }]
}

export function rememberRescale(history: ScalingHistory, before: number, after: number, behavior: HorizontalPodAutoscalerBehavior | undefined, nowMs: number): void {
  if (behavior === undefined || before === after) return
  const direction = after > before ? 'grown' : 'shrunk'
  const longest = Math.max(0, ...[behavior.scaleUp, behavior.scaleDown].flatMap(rules => (rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds * 1_000)))
  for (const each of ['grown', 'shrunk'] as const) history[each] = history[each].filter(({ atMs }) => atMs >= nowMs - longest)
  history[direction] = [...history[direction], { replicas: Math.abs(after - before), atMs: nowMs }]
}
