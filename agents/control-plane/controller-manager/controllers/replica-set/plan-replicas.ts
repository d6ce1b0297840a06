/** What a set of replicas does next, from what it wants and the Pods it owns. Pure. */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { inDeletionOrder } from '../../pods/deletion-rank.ts'
import { isActive, isAvailable, isDeleting, isFinished, isReady } from '../../pods/pod-state.ts'

/** More than this is never created or deleted in one round. */
const burst = 500

export interface ReplicasWanted {
  readonly replicas: number
  readonly minReadySeconds: number
  /** Labels a Pod made of the template has. */
  readonly templateLabels: Readonly<Record<string, string>>
}

export interface ReplicasPlan {
  readonly create: number
  readonly remove: readonly Pod[]
}

export interface ReplicasCount {
  readonly replicas: number
  readonly fullyLabeledReplicas: number
  readonly readyReplicas: number
  readonly availableReplicas: number
  readonly terminatingReplicas: number
}

export function planReplicas(wanted: ReplicasWanted, owned: readonly Pod[], related: readonly Pod[], nowMs: number): ReplicasPlan {
  const active = owned.filter(isActive)
  const surplus = active.length - wanted.replicas
  return {
    create: Math.min(burst, Math.max(0, -surplus)),
    remove: surplus > 0 ? inDeletionOrder(active, related, nowMs).slice(0, Math.min(burst, surplus)) : [],
  }
}

export function countReplicas(wanted: ReplicasWanted, owned: readonly Pod[], nowMs: number): ReplicasCount {
  const active = owned.filter(isActive)
  const labels = Object.entries(wanted.templateLabels)
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(pod => labels.every(([key, value]) => pod.metadata.labels?.[key] === value)).length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: active.filter(pod => isAvailable(pod, wanted.minReadySeconds, nowMs)).length,
    terminatingReplicas: owned.filter(pod => isDeleting(pod) && !isFinished(pod)).length,
  }
}
