/** What the controllers ask of a Pod. */
import type { Pod, PodCondition } from '../../../api/groups/core-v1/types.ts'

export const isFinished = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
export const isDeleting = (pod: Pod): boolean => pod.metadata.deletionTimestamp !== undefined
/** Neither finished nor being deleted. */
export const isActive = (pod: Pod): boolean => !isFinished(pod) && !isDeleting(pod)
export const isReady = (pod: Pod): boolean => podCondition(pod, 'Ready')?.status === 'True'

export function podCondition(pod: Pod, type: string): PodCondition | undefined {
  return pod.status?.conditions?.find(condition => condition.type === type)
}

/** Ready for at least minReadySeconds. */
export function isAvailable(pod: Pod, minReadySeconds: number, nowMs: number): boolean {
  return availableInMs(pod, minReadySeconds, nowMs) === 0
}

/** Milliseconds until the Pod is available if it stays ready; undefined if it is not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  const ready = podCondition(pod, 'Ready')
  if (ready?.status !== 'True') return undefined
  if (minReadySeconds === 0) return 0
  if (ready.lastTransitionTime === undefined) return undefined
  return Math.max(0, Date.parse(ready.lastTransitionTime) + minReadySeconds * 1_000 - nowMs)
}
