/**
 * When a pod has to leave the devices it was given. Pure. Upstream: pkg/controller/devicetainteviction claimEvictionTime.
 *
 *   DE1  Only taints with effect NoExecute evict; of a device that no slice names any more nobody knows a taint.
 *   DE2  A toleration for NoExecute without seconds holds for ever; with seconds, the shortest counts from the time the taint
 *        was added. Without toleration the pod goes at once.
 *   DE3  A claim asks of a pod only what the pod has reserved; the earliest time of all its claims counts.
 */
import { toleratesTaint } from '../../../../api/devices/device-taints.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { Device, DeviceRequestAllocationResult, DeviceTaint, ResourceClaim } from '../../../../api/groups/resource-v1/types.ts'

/** Milliseconds since 1970; undefined: it may stay. */
export function deviceEvictionTimeMs(pod: Pod, claims: readonly ResourceClaim[], deviceOf: (result: DeviceRequestAllocationResult) => Device | undefined): number | undefined {
  const times = claims
    .filter(({ status }) => status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) === true) // DE3
    .flatMap(({ status }) => status.allocation?.devices?.results ?? [])
    .flatMap(result => (deviceOf(result)?.taints ?? []).filter(({ effect }) => effect === 'NoExecute').flatMap(taint => timeOf(taint, result) ?? [])) // DE1
  return times.length === 0 ? undefined : Math.min(...times)
}

/** DE2 */
function timeOf(taint: DeviceTaint, { tolerations = [] }: DeviceRequestAllocationResult): number | undefined {
  const addedMs = taint.timeAdded === undefined ? 0 : Date.parse(taint.timeAdded)
  const tolerating = tolerations.filter(toleration => toleration.effect === 'NoExecute' && toleratesTaint(toleration, taint))
  if (tolerating.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return undefined
  const seconds = tolerating.map(({ tolerationSeconds }) => Math.max(0, tolerationSeconds!))
  return addedMs + (seconds.length === 0 ? 0 : Math.min(...seconds) * 1_000)
}
