/**
 * What scheduling needs to know of a pod, computed once and kept beside the object.
 *
 *   PF1  Requests are the larger of (containers + restartable init containers) and each init container's own turn,
 *        plus overhead. Upstream: component-helpers/resource.PodRequests.
 *   PF2  For spreading and least-allocated a container without requests counts as 100m CPU and 200 MB memory.
 *   PF3  Memory and storage are bytes, CPU is thousandths of a core, everything else is whole units.
 */
import type { Container, Pod, ResourceRequirements } from '../../../api/groups/core-v1/types.ts'
import { quantityMillis, quantityValue } from '../../../api/schema/quantity.ts'

export type Resources = ReadonlyMap<string, number>

export interface HostPort {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

export interface PodFacts {
  readonly requests: Resources
  readonly nonZeroCpu: number
  readonly nonZeroMemory: number
  readonly hostPorts: readonly HostPort[]
  readonly priority: number
  readonly hasAffinity: boolean
  readonly hasRequiredAntiAffinity: boolean
}

const defaultCpuMillis = 100
const defaultMemoryBytes = 200 * 1024 * 1024

const known = new WeakMap<Pod, PodFacts>()

export function podFacts(pod: Pod): PodFacts {
  const kept = known.get(pod)
  if (kept !== undefined) return kept
  const facts = learn(pod)
  known.set(pod, facts)
  return facts
}

/** Amount of a resource in the unit scheduling counts in (PF3). */
export function amountOf(resource: string, quantity: string): number {
  return Number(resource === 'cpu' ? quantityMillis(quantity) : quantityValue(quantity))
}

function learn(pod: Pod): PodFacts {
  const affinity = pod.spec.affinity
  const nonZero = podRequests(pod, true)
  return {
    requests: podRequests(pod, false),
    nonZeroCpu: nonZero.get('cpu') ?? 0,
    nonZeroMemory: nonZero.get('memory') ?? 0,
    hostPorts: hostPortsOf(pod),
    priority: pod.spec.priority ?? 0,
    hasAffinity: affinity?.podAffinity !== undefined || affinity?.podAntiAffinity !== undefined,
    hasRequiredAntiAffinity: (affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).length > 0,
  }
}

function hostPortsOf(pod: Pod): HostPort[] {
  return [...pod.spec.containers, ...(pod.spec.initContainers ?? []).filter(isSidecar)].flatMap(container =>
    (container.ports ?? [])
      .filter(port => (port.hostPort ?? 0) > 0)
      .map(port => ({ ip: port.hostIP === undefined || port.hostIP === '' ? '0.0.0.0' : port.hostIP, protocol: port.protocol ?? 'TCP', port: port.hostPort! })),
  )
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

function containerRequests(resources: ResourceRequirements | undefined, withDefaults: boolean): Map<string, number> {
  const requests = new Map<string, number>()
  for (const [resource, quantity] of Object.entries(resources?.requests ?? {})) requests.set(resource, amountOf(resource, quantity))
  if (withDefaults) {
    if (!requests.has('cpu')) requests.set('cpu', defaultCpuMillis) // PF2
    if (!requests.has('memory')) requests.set('memory', defaultMemoryBytes)
  }
  return requests
}

function podRequests(pod: Pod, withDefaults: boolean): Map<string, number> {
  const running = new Map<string, number>()
  for (const container of pod.spec.containers) add(running, containerRequests(container.resources, withDefaults))

  const sidecars = new Map<string, number>()
  const starting = new Map<string, number>()
  for (const container of pod.spec.initContainers ?? []) {
    const own = containerRequests(container.resources, withDefaults)
    if (isSidecar(container)) {
      add(running, own)
      add(sidecars, own)
      raise(starting, sidecars)
    } else {
      const turn = new Map(sidecars)
      add(turn, own)
      raise(starting, turn)
    }
  }
  raise(running, starting) // PF1
  for (const [resource, quantity] of Object.entries(pod.spec.resources?.requests ?? {})) running.set(resource, amountOf(resource, quantity))
  for (const [resource, quantity] of Object.entries(pod.spec.overhead ?? {})) running.set(resource, (running.get(resource) ?? 0) + amountOf(resource, quantity))
  return running
}

function add(to: Map<string, number>, what: Resources): void {
  for (const [resource, amount] of what) to.set(resource, (to.get(resource) ?? 0) + amount)
}

function raise(to: Map<string, number>, what: Resources): void {
  for (const [resource, amount] of what) to.set(resource, Math.max(to.get(resource) ?? 0, amount))
}
