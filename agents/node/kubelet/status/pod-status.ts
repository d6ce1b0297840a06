/** The whole status of a pod, and the patch that brings the API server's copy to it. Pure. */
import type { Pod, PodCondition, PodStatus } from '../../../api/groups/core-v1/types.ts'
import { timeText } from '../../../base/clock.ts'
import { qosClassOf } from '../pod-worker/resources.ts'
import { containerStatusesOf, type StatusInput } from './container-statuses.ts'
import { kubeletConditions, podConditionsOf } from '../../../machinery/kubelet/pod-conditions.ts'
import { podPhaseOf } from './pod-phase.ts'

export interface PodStatusInput extends StatusInput {
  readonly hostAddresses: readonly string[]
  readonly nowMs: number
  /** Why the kubelet itself ended the pod: Evicted, DeadlineExceeded … */
  readonly ended?: { readonly reason: string; readonly message: string } | undefined
  /** Conditions beyond the usual ones, such as DisruptionTarget. */
  readonly extraConditions?: readonly PodCondition[]
}

export function podStatusOf(input: PodStatusInput): PodStatus {
  const { pod, observed } = input
  const statuses = containerStatusesOf(input)
  const phase = input.ended === undefined ? podPhaseOf(pod, statuses, input.isOver) : 'Failed'
  const hasSandbox = observed.sandboxes[0]?.isReady === true && (pod.spec.hostNetwork === true || observed.addresses.length > 0)
  const addresses = podAddresses(input)
  const reason = input.ended?.reason ?? pod.status.reason
  const message = input.ended?.message ?? (pod.status.reason === undefined ? undefined : pod.status.message)
  return {
    phase,
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
    conditions: [...podConditionsOf({ pod, phase, statuses, hasSandbox, nowMs: input.nowMs }), ...(input.extraConditions ?? [])],
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined ? {} : { message }),
    startTime: pod.status.startTime ?? timeText(input.nowMs),
    ...(input.hostAddresses[0] === undefined ? {} : { hostIP: input.hostAddresses[0], hostIPs: input.hostAddresses.map(ip => ({ ip })) }),
    ...(addresses[0] === undefined ? {} : { podIP: addresses[0], podIPs: addresses.map(ip => ({ ip })) }),
    qosClass: pod.status.qosClass ?? qosClassOf(pod),
    ...(statuses.init.length > 0 ? { initContainerStatuses: [...statuses.init] } : {}),
    containerStatuses: [...statuses.regular],
    ...(statuses.ephemeral.length > 0 ? { ephemeralContainerStatuses: [...statuses.ephemeral] } : {}),
  }
}

function podAddresses({ pod, observed, hostAddresses }: PodStatusInput): readonly string[] {
  if (pod.spec.hostNetwork === true) return observed.sandboxes.length > 0 ? hostAddresses : []
  if (observed.addresses.length > 0) return observed.addresses
  return (pod.status.podIPs ?? []).flatMap(entry => (entry.ip === undefined ? [] : [entry.ip]))
}

/**
 * A strategic merge patch of pods/status, or undefined when nothing differs. Conditions of others are left alone.
 * metadata.uid is a precondition: a pod of the same name made later is not touched.
 */
export function statusPatch(pod: Pod, status: PodStatus): Record<string, unknown> | undefined {
  const old = pod.status
  const changed: Record<string, unknown> = {}
  const names = ['phase', 'observedGeneration', 'reason', 'message', 'startTime', 'hostIP', 'podIP', 'qosClass', 'hostIPs', 'initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'] as const
  for (const name of names) {
    if (isSame(old[name], status[name])) continue
    changed[name] = status[name] ?? null
  }
  if (!isSame(old.podIPs, status.podIPs)) { // merged by ip: what is no longer ours goes by name
    const gone = (old.podIPs ?? []).filter(({ ip }) => !(status.podIPs ?? []).some(other => other.ip === ip))
    changed['podIPs'] = [...gone.map(({ ip }) => ({ $patch: 'delete', ip })), ...(status.podIPs ?? [])]
  }
  const conditions = (status.conditions ?? []).filter(entry => !isSame(old.conditions?.find(other => other.type === entry.type), entry))
  if (conditions.length > 0) changed['conditions'] = conditions.map(entry => withNulls(old.conditions?.find(other => other.type === entry.type), entry))
  if (Object.keys(changed).length === 0) return undefined
  return { metadata: { uid: pod.metadata.uid }, status: changed }
}

/** A condition keeps no reason or message of its past. */
function withNulls(old: PodCondition | undefined, next: PodCondition): Record<string, unknown> {
  const cleared = Object.fromEntries((['reason', 'message'] as const).filter(name => old?.[name] !== undefined && next[name] === undefined).map(name => [name, null]))
  return { ...next, ...cleared }
}

export function isKubeletCondition(type: string): boolean {
  return (kubeletConditions as readonly string[]).includes(type)
}

/** Deep equality in which absent, null and an empty list or object are the same. */
export function isSame(a: unknown, b: unknown): boolean {
  if (isEmpty(a) && isEmpty(b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index]))
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>]
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].every(key => isSame(left[key], right[key]))
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
}
