/**
 * What scheduling writes into a pod's status: one condition, and the node it is promised.
 *
 *   PO1  A condition whose status did not change keeps its transition time; one in which nothing changed is not written.
 *   PO2  The nominated node is written only when it differs from what the pod says.
 *   PO3  The pod is named by its uid, so that a namesake that came after it is left alone.
 */
import type { Pod, PodCondition } from '../../../api/groups/core-v1/types.ts'
import { pods } from '../../../api/resources.ts'
import type { Clock } from '../../../base/clock.ts'
import { timeText } from '../../../base/clock.ts'
import type { Client } from '../../../machinery/client.ts'

export interface StatusChange {
  readonly condition?: { readonly type: string; readonly status: 'True' | 'False'; readonly reason: string; readonly message: string }
  /** Null takes the promise back; absent leaves it. */
  readonly nominate?: string | null
}

/** The patch of the status that makes the change true, or null when it is true already. */
export function planStatusPatch(pod: Pod, change: StatusChange, now: number): Record<string, unknown> | null {
  const status: Record<string, unknown> = {}
  if (change.condition !== undefined) {
    const condition = changedCondition(pod, change.condition, now)
    if (condition !== null) status['conditions'] = [condition]
  }
  if (change.nominate !== undefined && (change.nominate ?? '') !== (pod.status.nominatedNodeName ?? '')) status['nominatedNodeName'] = change.nominate // PO2
  return Object.keys(status).length === 0 ? null : status
}

/** Resolves to whether anything had to be written. */
export async function patchPodStatus(client: Client, clock: Clock, pod: Pod, change: StatusChange, signal: AbortSignal): Promise<boolean> {
  const status = planStatusPatch(pod, change, clock.now())
  if (status === null) return false
  await client.patch(pods, { namespace: pod.metadata.namespace!, name: pod.metadata.name }, { metadata: { uid: pod.metadata.uid }, status }, { patchType: 'strategic', subresource: 'status' }, signal) // PO3
  return true
}

/** PO1 */
function changedCondition(pod: Pod, wanted: NonNullable<StatusChange['condition']>, now: number): PodCondition | null {
  const { generation } = pod.metadata
  const current = (pod.status.conditions ?? []).find(condition => condition.type === wanted.type)
  const isSameStatus = current?.status === wanted.status
  if (isSameStatus && current.reason === wanted.reason && current.message === wanted.message && current.observedGeneration === generation) return null
  return {
    ...wanted,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: isSameStatus && current.lastTransitionTime !== undefined ? current.lastTransitionTime : timeText(now),
  }
}
