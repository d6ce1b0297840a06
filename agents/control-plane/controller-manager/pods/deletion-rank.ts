/**
 * Which Pods a set gives up first when it has too many.
 *
 *   DR1  not on a node, before on a node
 *   DR2  Pending, before Unknown, before Running
 *   DR3  not ready, before ready
 *   DR4  lower controller.kubernetes.io/pod-deletion-cost first
 *   DR5  on the node with more Pods of the same owner first
 *   DR6  ready for a shorter time first, as long as the difference shows on a scale of powers of two
 *   DR7  more container restarts first, then younger, then by uid so that the order never depends on chance
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { isReady, podCondition } from './pod-state.ts'

const phaseRank: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

export const deletionCostAnnotation = 'controller.kubernetes.io/pod-deletion-cost'

/** `related` are all Pods of the owner's kin (for a Deployment's set: of all its sets), which DR5 counts. */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[], nowMs: number): Pod[] {
  const perNode = new Map<string, number>()
  for (const { spec } of related) if ((spec.nodeName ?? '') !== '') perNode.set(spec.nodeName!, (perNode.get(spec.nodeName!) ?? 0) + 1)
  const keys = new Map(pods.map(pod => [pod, rankOf(pod, perNode, nowMs)]))
  return [...pods].sort((a, b) => {
    const [left, right] = [keys.get(a)!, keys.get(b)!]
    for (let index = 0; index < left.length; index++) if (left[index] !== right[index]) return left[index]! - right[index]!
    return a.metadata.uid < b.metadata.uid ? -1 : 1
  })
}

function rankOf(pod: Pod, perNode: ReadonlyMap<string, number>, nowMs: number): readonly number[] {
  const ready = isReady(pod)
  const readySince = Date.parse(podCondition(pod, 'Ready')?.lastTransitionTime ?? '') || 0
  return [
    (pod.spec.nodeName ?? '') === '' ? 0 : 1, // DR1
    phaseRank[pod.status?.phase ?? 'Pending'] ?? 0, // DR2
    ready ? 1 : 0, // DR3
    deletionCost(pod), // DR4
    -(perNode.get(pod.spec.nodeName ?? '') ?? 0), // DR5
    ready ? ageRank(readySince, nowMs) : 0, // DR6
    -restarts(pod), // DR7
    -Date.parse(pod.metadata.creationTimestamp),
  ]
}

function ageRank(sinceMs: number, nowMs: number): number {
  return sinceMs === 0 ? 64 : Math.floor(Math.log2(Math.max(1, nowMs - sinceMs)))
}

function deletionCost(pod: Pod): number {
  const cost = Number(pod.metadata.annotations?.[deletionCostAnnotation] ?? '0')
  return Number.isInteger(cost) ? cost : 0
}

function restarts(pod: Pod): number {
  return Math.max(0, ...[...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])].map(status => status.restartCount))
}
