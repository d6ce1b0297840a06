/**
 * The next steps of a StatefulSet. Pure.
 *
 *   SS1  Pod N is made only when every Pod before it is running, ready and available; with podManagementPolicy Parallel all
 *        at once.
 *   SS2  Scaling down takes the highest ordinal first, one at a time, and waits while any other Pod is not healthy; with
 *        Parallel all at once.
 *   SS3  A Pod that failed or succeeded is deleted and made again under its name.
 *   SS4  A rolling update deletes from the highest ordinal down to the partition, as many at a time as maxUnavailable (1)
 *        allows, and waits for each to be healthy. OnDelete deletes none.
 *   SS5  A Pod below the partition, or not yet reached by the rollout, is made again at the current revision.
 */
import type { StatefulSet } from '../../../../api/groups/apps-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { scaledValue } from '../../pods/int-or-percent.ts'
import { isAvailable, isDeleting, isFinished, isReady } from '../../pods/pod-state.ts'
import { revisionHashLabel } from '../../revisions/revisions.ts'

export interface OrdinalsPlan {
  readonly create: readonly { readonly ordinal: number; readonly atCurrent: boolean }[]
  readonly remove: readonly Pod[]
  /** Pods beyond spec.replicas, whether they go now or later. */
  readonly condemned: readonly Pod[]
}

export interface Revisions {
  readonly current: string
  readonly update: string
}

export const firstOrdinal = (set: StatefulSet): number => set.spec.ordinals?.start ?? 0
export const wantedReplicas = (set: StatefulSet): number => set.spec.replicas ?? 1
export const podName = (set: StatefulSet, ordinal: number): string => `${set.metadata.name}-${ordinal}`
export const revisionOf = (pod: Pod): string => pod.metadata.labels?.[revisionHashLabel] ?? ''

export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const match = /^(.*)-(\d+)$/.exec(pod.metadata.name)
  return match === null || match[1] !== set.metadata.name ? undefined : Number(match[2])
}

export function planOrdinals(set: StatefulSet, owned: readonly Pod[], { current, update }: Revisions, nowMs: number): OrdinalsPlan {
  const start = firstOrdinal(set)
  const end = start + wantedReplicas(set)
  const inOrder = set.spec.podManagementPolicy !== 'Parallel'
  const minReady = set.spec.minReadySeconds ?? 0
  const byOrdinal = new Map(owned.map(pod => [ordinalOf(set, pod), pod]))
  const condemned = owned.filter(pod => {
    const ordinal = ordinalOf(set, pod)
    return ordinal !== undefined && (ordinal < start || ordinal >= end)
  }).sort((a, b) => ordinalOf(set, b)! - ordinalOf(set, a)!)
  const isHealthy = (pod: Pod | undefined): boolean => pod !== undefined && !isDeleting(pod) && pod.status.phase === 'Running' && isReady(pod)
  const isServing = (pod: Pod | undefined): boolean => isHealthy(pod) && isAvailable(pod!, minReady, nowMs)
  const plan = { create: [] as { ordinal: number; atCurrent: boolean }[], remove: [] as Pod[], condemned }

  for (let ordinal = start; ordinal < end; ordinal++) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined) plan.create.push({ ordinal, atCurrent: isAtCurrent(set, ordinal, owned, { current, update }) }) // SS1
    else if (isFinished(pod) && !isDeleting(pod)) plan.remove.push(pod) // SS3
    else if (isServing(pod)) continue
    if (inOrder) return plan
  }
  const firstUnhealthy = [...owned].sort((a, b) => (ordinalOf(set, a) ?? 0) - (ordinalOf(set, b) ?? 0)).find(pod => !isHealthy(pod))
  for (const pod of condemned) { // SS2
    if (isDeleting(pod)) {
      if (inOrder) return plan
      continue
    }
    if (inOrder && !isHealthy(pod) && pod !== firstUnhealthy) return plan
    plan.remove.push(pod)
    if (inOrder) return plan
  }
  if (set.spec.updateStrategy?.type === 'OnDelete' || current === update && owned.every(pod => revisionOf(pod) === update)) return plan
  plan.remove.push(...outdated(set, byOrdinal, update, isServing)) // SS4
  return plan
}

function outdated(set: StatefulSet, byOrdinal: ReadonlyMap<number | undefined, Pod>, update: string, isServing: (pod: Pod | undefined) => boolean): Pod[] {
  const { partition = 0, maxUnavailable = 1 } = set.spec.updateStrategy?.rollingUpdate ?? {}
  const start = firstOrdinal(set)
  const end = start + wantedReplicas(set)
  const allowed = Math.max(1, scaledValue(maxUnavailable, wantedReplicas(set), 'down'))
  let down = 0
  for (let ordinal = start; ordinal < end; ordinal++) if (!isServing(byOrdinal.get(ordinal))) down++
  const remove: Pod[] = []
  for (let ordinal = end - 1; ordinal >= start + partition; ordinal--) {
    const pod = byOrdinal.get(ordinal)
    if (pod === undefined || isDeleting(pod) || revisionOf(pod) === update) continue
    // A Pod that serves nobody may go without making things worse.
    if (isServing(pod) && down + remove.length >= allowed) break
    remove.push(pod)
    if (remove.length >= allowed) break
  }
  return remove
}

function isAtCurrent(set: StatefulSet, ordinal: number, owned: readonly Pod[], { current, update }: Revisions): boolean { // SS5
  if (current === update) return false
  const { partition = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {}
  if (ordinal < firstOrdinal(set) + partition) return true
  if (set.spec.updateStrategy?.type === 'OnDelete') return false
  // The rollout comes from above: what is below every updated Pod was not reached yet.
  const updated = owned.filter(pod => revisionOf(pod) === update).map(pod => ordinalOf(set, pod) ?? 0)
  return set.spec.updateStrategy?.rollingUpdate === undefined && updated.length > 0 && ordinal < Math.min(...updated) - 1
}

export interface OrdinalsCount {
  readonly replicas: number
  readonly readyReplicas: number
  readonly availableReplicas: number
  readonly currentReplicas: number
  readonly updatedReplicas: number
}

export function countOrdinals(set: StatefulSet, owned: readonly Pod[], { current, update }: Revisions, nowMs: number): OrdinalsCount {
  const at = (revision: string): number => owned.filter(pod => !isDeleting(pod) && revisionOf(pod) === revision).length
  const ready = owned.filter(pod => pod.status.phase === 'Running' && isReady(pod))
  return {
    replicas: owned.length, readyReplicas: ready.length,
    availableReplicas: ready.filter(pod => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)).length,
    currentReplicas: at(current), updatedReplicas: at(update),
  }
}
