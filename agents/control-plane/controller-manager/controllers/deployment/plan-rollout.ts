/**
 * How many replicas each ReplicaSet of a Deployment should have next. Pure.
 *
 *   RO1  Rolling: never more than replicas + maxSurge Pods in all sets, never fewer than replicas - maxUnavailable available.
 *   RO2  maxSurge rounds up, maxUnavailable down; both 0 would stand still, so maxUnavailable is then 1.
 *   RO3  Old sets lose their Pods that are not available first, the oldest set first; then available ones, as far as the
 *        floor of RO1 allows.
 *   RO4  Recreate: everything old goes to 0; the new set grows when no old Pod runs any more.
 *   RO5  Scaling in the middle of a rollout is shared among the active sets in proportion to their size.
 */
import type { Deployment, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import { scaledValue } from '../../pods/int-or-percent.ts'
import { desiredReplicasAnnotation, maxReplicasAnnotation, olderFirst } from './revision.ts'

export interface Scaling {
  readonly set: ReplicaSet
  readonly to: number
}

export const wantedReplicas = (deployment: Deployment): number => deployment.spec.replicas ?? 1
const specReplicas = (set: ReplicaSet): number => set.spec.replicas ?? 1
const totalSpec = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + specReplicas(set), 0)
/** A status may lag behind a spec that was just lowered: what is to go does not count. */
const available = (set: ReplicaSet): number => Math.min(specReplicas(set), set.status.availableReplicas ?? 0)
const isActive = (set: ReplicaSet): boolean => specReplicas(set) > 0
export const isRolling = (deployment: Deployment): boolean => deployment.spec.strategy?.type !== 'Recreate'

export interface Bounds {
  readonly maxSurge: number
  readonly maxUnavailable: number
}

export function boundsOf(deployment: Deployment): Bounds {
  if (!isRolling(deployment)) return { maxSurge: 0, maxUnavailable: 0 }
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {}
  const total = wantedReplicas(deployment)
  const surge = scaledValue(maxSurge, total, 'up')
  const unavailable = scaledValue(maxUnavailable, total, 'down')
  return { maxSurge: surge, maxUnavailable: Math.min(total, surge === 0 && unavailable === 0 ? 1 : unavailable) } // RO2
}

/** What the new set has to start with, or grow to. */
export function newSetReplicas(deployment: Deployment, sets: readonly ReplicaSet[], current: number): number {
  const wanted = wantedReplicas(deployment)
  if (!isRolling(deployment)) return wanted
  const room = wanted + boundsOf(deployment).maxSurge - totalSpec(sets)
  return room <= 0 ? current : current + Math.min(room, Math.max(0, wanted - current)) // RO1
}

/** The one next step of the new set, if it has one. */
export function planNewSet(deployment: Deployment, newSet: ReplicaSet, all: readonly ReplicaSet[]): Scaling | undefined {
  const wanted = wantedReplicas(deployment)
  const current = specReplicas(newSet)
  if (current === wanted) return undefined
  const to = current > wanted ? wanted : newSetReplicas(deployment, all, current)
  return to === current ? undefined : { set: newSet, to }
}

/** The steps of the old sets of a rolling update. */
export function planOldSets(deployment: Deployment, newSet: ReplicaSet, oldSets: readonly ReplicaSet[]): readonly Scaling[] {
  const active = oldSets.filter(isActive)
  if (active.length === 0) return []
  const minAvailable = wantedReplicas(deployment) - boundsOf(deployment).maxUnavailable
  const newUnavailable = specReplicas(newSet) - available(newSet)
  const mayGo = totalSpec([...active, newSet]) - minAvailable - newUnavailable
  if (mayGo <= 0) return []

  const byAge = [...active].sort(olderFirst)
  const to = new Map(byAge.map(set => [set, specReplicas(set)]))
  let cleaned = 0
  for (const set of byAge) { // RO3: what serves nobody
    const unhealthy = Math.max(0, specReplicas(set) - available(set))
    const step = Math.min(mayGo - cleaned, unhealthy)
    if (step <= 0) continue
    to.set(set, to.get(set)! - step)
    cleaned += step
  }
  const availableNow = [...active, newSet].reduce((sum, set) => sum + available(set), 0)
  let spare = availableNow - minAvailable
  for (const set of byAge) { // RO3: then what serves
    const step = Math.min(to.get(set)!, Math.max(0, spare))
    to.set(set, to.get(set)! - step)
    spare -= step
  }
  return byAge.filter(set => to.get(set) !== specReplicas(set)).map(set => ({ set, to: to.get(set)! }))
}

export function planZero(sets: readonly ReplicaSet[]): readonly Scaling[] {
  return sets.filter(isActive).map(set => ({ set, to: 0 })) // RO4
}

/** spec.replicas was changed since the sets were last sized. */
export function isScalingEvent(deployment: Deployment, sets: readonly ReplicaSet[]): boolean {
  return sets.some(set => {
    const size = sizedFor(set)
    return isActive(set) && size !== undefined && size !== wantedReplicas(deployment)
  })
}

/** Sizes after spec.replicas changed, or while the Deployment is paused. */
export function planScale(deployment: Deployment, newSet: ReplicaSet | undefined, oldSets: readonly ReplicaSet[]): readonly Scaling[] {
  const wanted = wantedReplicas(deployment)
  const all = newSet === undefined ? [...oldSets] : [...oldSets, newSet]
  const active = all.filter(isActive)
  const only = active.length === 1 ? active[0] : active.length === 0 ? (newSet ?? [...oldSets].sort(olderFirst).at(-1)) : undefined
  if (only !== undefined) return specReplicas(only) === wanted && sizedFor(only) === wanted ? [] : [{ set: only, to: wanted }]
  if (newSet !== undefined && isSaturated(deployment, newSet)) return planZero(oldSets)
  return isRolling(deployment) ? shared(deployment, active) : []
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const wanted = wantedReplicas(deployment)
  return specReplicas(set) === wanted && sizedFor(set) === wanted && available(set) === wanted
}

/** The spec.replicas for which the set was last sized. */
function sizedFor(set: ReplicaSet): number | undefined {
  const desired = set.metadata.annotations?.[desiredReplicasAnnotation]
  return desired === undefined ? undefined : Number(desired)
}

function shared(deployment: Deployment, active: readonly ReplicaSet[]): readonly Scaling[] { // RO5
  const wanted = wantedReplicas(deployment)
  const allowed = wanted > 0 ? wanted + boundsOf(deployment).maxSurge : 0
  const total = totalSpec(active)
  const toAdd = allowed - total
  const bySize = [...active].sort((a, b) => specReplicas(b) - specReplicas(a) || (toAdd > 0 ? olderFirst(b, a) : olderFirst(a, b)))
  let left = toAdd
  const to = new Map<ReplicaSet, number>()
  for (const set of bySize) {
    const share = left === 0 ? 0 : clamp(proportion(deployment, set, allowed), left)
    to.set(set, Math.max(0, specReplicas(set) + share))
    left -= share
  }
  const first = bySize[0]! // what rounding left over
  to.set(first, Math.max(0, to.get(first)! + left))
  return bySize.map(set => ({ set, to: to.get(set)! }))
}

function proportion(deployment: Deployment, set: ReplicaSet, allowed: number): number {
  const replicas = specReplicas(set)
  if (wantedReplicas(deployment) === 0) return -replicas
  const allowedBefore = Number(set.metadata.annotations?.[maxReplicasAnnotation] ?? '') || (deployment.status.replicas ?? 0) || replicas
  return Math.round((replicas * allowed) / allowedBefore) - replicas
}

function clamp(share: number, left: number): number {
  return left > 0 ? Math.min(Math.max(0, share), left) : Math.max(Math.min(0, share), left)
}
