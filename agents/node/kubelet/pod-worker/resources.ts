/**
 * Requests and limits as the kernel wants them.
 *
 *   RS1  cpu.shares = milli-CPU × 1024 / 1000, at least 2; with no request the limit stands for it.
 *   RS2  cpu quota = milli-CPU × 100 µs of every 100 ms, at least 1000 µs.
 *   RS3  QoS: Guaranteed when every container has equal, positive cpu and memory requests and limits; BestEffort when none
 *        has any; Burstable otherwise.
 *   RS4  oom_score_adj: Guaranteed −997, BestEffort 1000, else 1000 − 1000·request/capacity within 3..999 (2 for nearly
 *        nothing and node-critical pods −997).
 * Upstream: kubelet/cm/helpers_linux.go, kubelet/qos/policy.go, apis/core/v1/helper/qos.
 */
import type { Container, Pod } from '../../../api/groups/core-v1/types.ts'
import { parseQuantity } from '../../../api/schema/quantity.ts'
import { isSidecar } from '../../../machinery/kubelet/pod-conditions.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

export interface LinuxResources {
  readonly cpuPeriod: number
  readonly cpuQuota: number
  readonly cpuShares: number
  readonly memoryLimitInBytes: number
  readonly oomScoreAdj: number
}

const periodMicros = 100_000

export function milliCpu(quantity: string | undefined): number {
  if (quantity === undefined) return 0
  return Number((parseQuantity(quantity).nanos + 999_999n) / 1_000_000n)
}

/** Whole units, rounded up: bytes of memory and storage. */
export function wholeUnits(quantity: string | undefined): number {
  if (quantity === undefined) return 0
  return Number((parseQuantity(quantity).nanos + 999_999_999n) / 1_000_000_000n)
}

export function cpuShares(milli: number): number {
  return milli === 0 ? 2 : Math.max(2, Math.min(262_144, Math.floor((milli * 1024) / 1000))) // RS1
}

export function cpuQuotaMicros(milli: number): number {
  return milli === 0 ? 0 : Math.max(1_000, (milli * periodMicros) / 1_000) // RS2
}

export function qosClassOf(pod: Pod): QosClass {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  let any = false
  let guaranteed = true
  for (const { resources } of containers) {
    for (const name of ['cpu', 'memory']) {
      const limit = amount(resources?.limits?.[name])
      const request = amount(resources?.requests?.[name] ?? resources?.limits?.[name])
      if (limit > 0n || request > 0n) any = true
      if (limit <= 0n || request !== limit) guaranteed = false
    }
  }
  return !any ? 'BestEffort' : guaranteed ? 'Guaranteed' : 'Burstable' // RS3
}

function amount(quantity: string | undefined): bigint {
  return quantity === undefined ? 0n : parseQuantity(quantity).nanos
}

export function oomScoreAdj(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if ((pod.spec.priority ?? 0) >= 2_000_001_000) return -997
  const qos = qosClassOf(pod)
  if (qos === 'Guaranteed') return -997
  if (qos === 'BestEffort') return 1000
  const request = wholeUnits(container.resources?.requests?.['memory'] ?? container.resources?.limits?.['memory'])
  const score = 1000 - Math.floor((1000 * request) / memoryCapacityBytes)
  return score < 3 ? 3 : score >= 1000 ? 999 : score // RS4
}

export function linuxResourcesOf(pod: Pod, container: Container, memoryCapacityBytes: number): LinuxResources {
  const limits = container.resources?.limits
  const cpuLimit = milliCpu(limits?.['cpu'])
  const cpuRequest = milliCpu(container.resources?.requests?.['cpu'] ?? limits?.['cpu'])
  return {
    cpuPeriod: periodMicros,
    cpuQuota: cpuQuotaMicros(cpuLimit),
    cpuShares: cpuShares(cpuRequest),
    memoryLimitInBytes: wholeUnits(limits?.['memory']),
    oomScoreAdj: oomScoreAdj(pod, container, memoryCapacityBytes),
  }
}

export interface PodResources {
  readonly cpuShares: number
  readonly cpuQuota: number
  readonly cpuPeriod: number
  readonly memoryLimitInBytes: number
}

/** Limits of the whole pod's cgroup; a limit is set only when every container has one. */
export function podResourcesOf(pod: Pod): PodResources {
  const cpuRequest = podTotal(pod, container => milliCpu(container.resources?.requests?.['cpu'] ?? container.resources?.limits?.['cpu']))
  const everyHas = (name: string) => [...(pod.spec.initContainers ?? []), ...pod.spec.containers].every(container => container.resources?.limits?.[name] !== undefined)
  const cpuLimit = everyHas('cpu') ? podTotal(pod, container => milliCpu(container.resources?.limits?.['cpu'])) : 0
  const memoryLimit = everyHas('memory') ? podTotal(pod, container => wholeUnits(container.resources?.limits?.['memory'])) : 0
  return { cpuShares: cpuShares(cpuRequest), cpuQuota: cpuQuotaMicros(cpuLimit), cpuPeriod: periodMicros, memoryLimitInBytes: memoryLimit }
}

/** What is needed at once: regular containers and sidecars together, or the largest init step if that is more. */
export function podTotal(pod: Pod, of: (container: Container) => number): number {
  let sidecars = 0
  let largestStep = 0
  for (const container of pod.spec.initContainers ?? []) {
    if (isSidecar(container)) sidecars += of(container)
    largestStep = Math.max(largestStep, isSidecar(container) ? sidecars : sidecars + of(container))
  }
  return Math.max(largestStep, sidecars + pod.spec.containers.reduce((sum, container) => sum + of(container), 0))
}
