/**
 * What scheduling needs to know of a pod, computed once and kept beside the object.
 *
 *   PF1  Host ports are those of containers and sidecars; no address means every address.
 *   PF2  A generic ephemeral volume has the claim its controller makes for it: name of the pod, dash, name of the volume.
 */
import type { Pod, Volume } from '../../../api/groups/core-v1/types.ts'
import type { AffinityTerms } from './affinity-terms.ts'
import { readAffinityTerms } from './affinity-terms.ts'
import type { Amounts } from './pod-requests.ts'
import { isSidecar, placedRequestsForScoring, podRequests, podRequestsForScoring } from './pod-requests.ts'
import { ResourceAmounts } from './resource-amounts.ts'

export const anyAddress = '0.0.0.0'

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

export interface PodFacts {
  readonly requests: ResourceAmounts
  /** What the pod counts for once placed, when emptier nodes are looked for. */
  readonly nonZeroCpu: number
  readonly nonZeroMemory: number
  /** What it counts for as a newcomer, by resource. */
  readonly scoringRequests: Amounts
  readonly hostPorts: readonly HostPort[]
  readonly priority: number
  readonly terms: AffinityTerms
  readonly hasAffinity: boolean
  /** Names of the claims it refers to, in its own namespace; those of generic ephemeral volumes are not among them. */
  readonly claims: readonly string[]
  /** Pods of one kind look the same to every selector. */
  readonly kindId: string
}

const known = new WeakMap<Pod, PodFacts>()

export function podFacts(pod: Pod): PodFacts {
  const kept = known.get(pod)
  if (kept !== undefined) return kept
  const facts = learn(pod)
  known.set(pod, facts)
  return facts
}

/** A pod that differs from another only in where it is: what was learned of the one holds for the other. */
export function sharesFacts(pod: Pod, source: Pod): void {
  known.set(pod, podFacts(source))
}

/** PF2: the claim a volume needs, undefined for none. */
export function claimOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName
  return volume.ephemeral === undefined ? undefined : `${pod.metadata.name}-${volume.name}`
}

function learn(pod: Pod): PodFacts {
  const requests = podRequests(pod)
  const nonZero = placedRequestsForScoring(pod, requests)
  const amounts = new ResourceAmounts()
  for (const [resource, amount] of requests) amounts.set(resource, amount)
  const { affinity } = pod.spec
  return {
    requests: amounts,
    nonZeroCpu: nonZero.get('cpu') ?? 0,
    nonZeroMemory: nonZero.get('memory') ?? 0,
    scoringRequests: podRequestsForScoring(pod),
    hostPorts: hostPortsOf(pod),
    priority: pod.spec.priority ?? 0,
    terms: readAffinityTerms(pod),
    hasAffinity: affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined,
    claims: (pod.spec.volumes ?? []).map(volume => volume.persistentVolumeClaim?.claimName).filter(claim => claim !== undefined),
    kindId: kindIdOf(pod),
  }
}

function kindIdOf(pod: Pod): string {
  const labels = pod.metadata.labels ?? {}
  const keys = Object.keys(labels)
  if (keys.length > 1) keys.sort()
  let text = `${pod.metadata.namespace ?? ''}${pod.metadata.deletionTimestamp === undefined ? '' : '!'}`
  for (const key of keys) text += `\n${key}=${labels[key]!}`
  return text
}

function hostPortsOf(pod: Pod): HostPort[] {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)].flatMap(container =>
    (container.ports ?? [])
      .filter(port => (port.hostPort ?? 0) > 0)
      .map(port => ({ ip: port.hostIP === undefined || port.hostIP === '' ? anyAddress : port.hostIP, protocol: port.protocol ?? 'TCP', port: port.hostPort! })), // PF1
  )
}
