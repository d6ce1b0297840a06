/**
 * From what the metrics ask for to what is done: stabilisation, rates and bounds. Pure.
 * Upstream: pkg/controller/podautoscaler/horizontal.go, normalizeDesiredReplicas and its kin.
 *
 *   SL1  Without a behavior: the highest recommendation of the last 5 minutes counts, growth is to twice the replicas or 4.
 *   SL2  With one: the lowest recommendation within the window of scaleUp, the highest within that of scaleDown.
 *   SL3  A policy allows so many replicas, or percent, more (or fewer) than there were at the start of its period; the
 *        rules' selectPolicy says which policy counts, Disabled that none moves.
 *   SL4  The bounds of the spec go before everything else.
 *   SL5  What held the count back is told: AbleToScale names stabilisation, ScalingLimited rates and bounds.
 */
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from '../../../../api/groups/autoscaling-v2/types.ts'
import type { Remembered, ScalingHistory } from './scaling-history.ts'

export interface ScalingInputs {
  readonly currentReplicas: number
  readonly wanted: number
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly behavior: HorizontalPodAutoscalerBehavior | undefined
  readonly history: Pick<ScalingHistory, 'recommendations' | 'grown' | 'shrunk'>
  readonly downscaleStabilisationMs: number
  readonly nowMs: number
}

export interface Reason {
  readonly reason: string
  readonly message: string
}

export interface ScalingPlan {
  readonly replicas: number
  readonly able: Reason
  readonly limited: Reason & { readonly is: boolean }
  /** How long recommendations are of use. */
  readonly longestWindowMs: number
}

const steady: Reason = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const lowered: Reason = { reason: 'ScaleUpStabilized', message: 'recent recommendations were lower than current one, applying the lowest recent recommendation' }
const raised: Reason = { reason: 'ScaleDownStabilized', message: 'recent recommendations were higher than current one, applying the highest recent recommendation' }
const within: Reason = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' }
const tooMany: Reason = { reason: 'TooManyReplicas', message: 'the desired replica count is more than the maximum replica count' }
const tooFew: Reason = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' }
const tooFastUp: Reason = { reason: 'ScaleUpLimit', message: 'the desired replica count is increasing faster than the maximum scale rate' }
const tooFastDown: Reason = { reason: 'ScaleDownLimit', message: 'the desired replica count is decreasing faster than the maximum scale rate' }

/** What the API server fills in where a behavior says nothing. */
const defaultUp: HPAScalingRules = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }, { type: 'Pods', value: 4, periodSeconds: 15 }] }
const defaultDown: HPAScalingRules = { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] }

export function planScaling(inputs: ScalingInputs): ScalingPlan {
  return inputs.behavior === undefined ? planPlainly(inputs) : planByBehavior(inputs, inputs.behavior)
}

/** SL1 */
function planPlainly(inputs: ScalingInputs): ScalingPlan {
  const { currentReplicas, wanted, minReplicas, maxReplicas, history, nowMs, downscaleStabilisationMs } = inputs
  const stabilised = Math.max(wanted, ...recent(history.recommendations, nowMs - downscaleStabilisationMs, true))
  const most = Math.max(2 * currentReplicas, 4)
  const [replicas, limit] = maxReplicas > most ? bounded(stabilised, minReplicas, most, tooFew, tooFastUp) : bounded(stabilised, minReplicas, maxReplicas, tooFew, tooMany)
  return told(inputs, stabilised, raised, replicas, limit, downscaleStabilisationMs)
}

function planByBehavior(inputs: ScalingInputs, behavior: HorizontalPodAutoscalerBehavior): ScalingPlan {
  const { currentReplicas, wanted, minReplicas, maxReplicas, history, nowMs, downscaleStabilisationMs } = inputs
  const up = { ...defaultUp, ...behavior.scaleUp }
  const down = { ...defaultDown, ...behavior.scaleDown }
  const upWindowMs = (up.stabilizationWindowSeconds ?? 0) * 1_000
  const downWindowMs = down.stabilizationWindowSeconds === undefined ? downscaleStabilisationMs : down.stabilizationWindowSeconds * 1_000
  const lowest = Math.min(wanted, ...recent(history.recommendations, nowMs - upWindowMs))
  const highest = Math.max(wanted, ...recent(history.recommendations, nowMs - downWindowMs))
  const stabilised = Math.min(Math.max(currentReplicas, lowest), highest) // SL2
  const [replicas, limit] = limitRate(stabilised)
  return told(inputs, stabilised, wanted >= currentReplicas ? lowered : raised, replicas, limit, Math.max(upWindowMs, downWindowMs))

  function limitRate(to: number): readonly [number, Reason] {
    if (to > currentReplicas) {
      const most = Math.max(currentReplicas, rateLimit(up, currentReplicas, history, nowMs, 'up'))
      return maxReplicas > most ? bounded(to, -Infinity, most, tooFew, tooFastUp) : bounded(to, -Infinity, maxReplicas, tooFew, tooMany) // SL4
    }
    if (to < currentReplicas) {
      const least = Math.min(currentReplicas, rateLimit(down, currentReplicas, history, nowMs, 'down'))
      return minReplicas < least ? bounded(to, least, Infinity, tooFastDown, tooMany) : bounded(to, minReplicas, Infinity, tooFew, tooMany)
    }
    return [to, within]
  }
}

/** SL3 */
function rateLimit({ selectPolicy, policies = [] }: HPAScalingRules, currentReplicas: number, { grown, shrunk }: ScalingInputs['history'], nowMs: number, direction: 'up' | 'down'): number {
  if (selectPolicy === 'Disabled' || policies.length === 0) return currentReplicas
  const proposals = policies.map(({ type, value, periodSeconds }) => {
    const since = nowMs - periodSeconds * 1_000
    const atStart = currentReplicas - total(recent(grown, since)) + total(recent(shrunk, since))
    if (type === 'Pods') return direction === 'up' ? atStart + value : atStart - value
    return direction === 'up' ? Math.ceil(atStart * (1 + value / 100)) : Math.trunc(atStart * (1 - value / 100))
  })
  return (selectPolicy === 'Min') === (direction === 'up') ? Math.min(...proposals) : Math.max(...proposals)
}

function bounded(to: number, least: number, most: number, below: Reason, above: Reason): readonly [number, Reason] {
  if (to < least) return [least, below]
  return to > most ? [most, above] : [to, within]
}

/** SL5 */
function told({ wanted }: ScalingInputs, stabilised: number, why: Reason, replicas: number, limit: Reason, longestWindowMs: number): ScalingPlan {
  return { replicas, able: stabilised === wanted ? steady : why, limited: { is: replicas !== stabilised, ...limit }, longestWindowMs }
}

function recent(remembered: readonly Remembered[], sinceMs: number, orAt = false): number[] {
  return remembered.filter(({ atMs }) => atMs > sinceMs || (orAt && atMs === sinceMs)).map(({ replicas }) => replicas)
}

function total(replicas: readonly number[]): number {
  return replicas.reduce((sum, each) => sum + each, 0)
}
