/**
 * What a pod asks for. Upstream: component-helpers/resource.PodRequests.
 *
 *   PQ1  The larger of (containers + sidecars) and each init container's own turn beside the sidecars before it.
 *   PQ2  Pod-level requests of CPU, memory and huge pages take the place of the containers' sum.
 *   PQ3  Overhead is added last.
 *   PQ4  For scoring a container without a request counts as 100m CPU and 200 MB memory.
 *   PQ5  A container that is being resized counts the largest of what is wanted, allocated and in use; of a resize that
 *        can never be granted only the latter two.
 */
import type { Container, ContainerStatus, Pod } from '../../../api/groups/core-v1/types.ts'
import { amountOf } from './resource-amounts.ts'

export type Amounts = ReadonlyMap<string, number>
type Quantities = Readonly<Record<string, string>> | undefined

/** PQ4: megabytes here are 1024 × 1024 bytes, as upstream's constant is. */
const defaults: readonly (readonly [resource: string, amount: number])[] = [['cpu', 100], ['memory', 200 * 1024 * 1024]]

export function podRequests(pod: Pod): Map<string, number> {
  return sum(pod, [])
}

/** For scoring a newcomer: every container counts for something. */
export function podRequestsForScoring(pod: Pod): Map<string, number> {
  return sum(pod, defaults)
}

/** For pods already placed: what the pod names nowhere is assumed for each container. Upstream: getNonMissingContainerRequests. */
export function placedRequestsForScoring(pod: Pod, requests: Amounts): Map<string, number> {
  return sum(pod, hasPodLevelRequests(pod) ? defaults.filter(([resource]) => !requests.has(resource)) : defaults)
}

export function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

function sum(pod: Pod, missing: typeof defaults): Map<string, number> {
  const running = new Map<string, number>()
  const statuses = new Map([...(pod.status.containerStatuses ?? []), ...(pod.status.initContainerStatuses ?? [])].map(status => [status.name, status]))
  const isInfeasible = (pod.status.conditions ?? []).find(condition => condition.type === 'PodResizePending')?.reason === 'Infeasible'
  const requestsOf = (container: Container, resizable: boolean) => containerRequests(container, resizable ? statuses.get(container.name) : undefined, isInfeasible, missing)
  for (const container of pod.spec.containers) add(running, requestsOf(container, true))

  const sidecars = new Map<string, number>()
  const starting = new Map<string, number>()
  for (const container of pod.spec.initContainers ?? []) {
    const own = requestsOf(container, isSidecar(container))
    if (isSidecar(container)) {
      add(running, own)
      add(sidecars, own)
      raise(starting, sidecars)
    } else {
      add(own, sidecars)
      raise(starting, own)
    }
  }
  raise(running, starting) // PQ1
  for (const [resource, quantity] of Object.entries(pod.spec.resources?.requests ?? {})) if (isPodLevelResource(resource)) running.set(resource, podLevelAmount(pod, resource, quantity, isInfeasible)) // PQ2
  for (const [resource, quantity] of Object.entries(pod.spec.overhead ?? {})) running.set(resource, (running.get(resource) ?? 0) + amountOf(resource, quantity)) // PQ3
  return running
}

function containerRequests(container: Container, status: ContainerStatus | undefined, isInfeasible: boolean, missing: typeof defaults): Map<string, number> {
  const wanted = container.resources?.requests
  const requests = status?.resources === undefined ? amounts(wanted) : largest(isInfeasible ? undefined : wanted, status.resources.requests, status.allocatedResources) // PQ5
  for (const [resource, amount] of missing) if (!requests.has(resource)) requests.set(resource, amount)
  return requests
}

function podLevelAmount(pod: Pod, resource: string, wanted: string, isInfeasible: boolean): number {
  const { resources, allocatedResources } = pod.status
  if (resources === undefined) return amountOf(resource, wanted)
  const states = [isInfeasible ? undefined : wanted, resources.requests?.[resource], allocatedResources?.[resource]].filter(state => state !== undefined)
  return Math.max(0, ...states.map(state => amountOf(resource, state)))
}

function hasPodLevelRequests(pod: Pod): boolean {
  return Object.keys(pod.spec.resources?.requests ?? {}).some(isPodLevelResource)
}

function isPodLevelResource(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-')
}

function amounts(quantities: Quantities): Map<string, number> {
  return new Map(Object.entries(quantities ?? {}).map(([resource, quantity]) => [resource, amountOf(resource, quantity)]))
}

function largest(...states: readonly Quantities[]): Map<string, number> {
  const most = new Map<string, number>()
  for (const state of states) raise(most, amounts(state))
  return most
}

function add(to: Map<string, number>, what: Amounts): void {
  for (const [resource, amount] of what) to.set(resource, (to.get(resource) ?? 0) + amount)
}

function raise(to: Map<string, number>, what: Amounts): void {
  for (const [resource, amount] of what) to.set(resource, Math.max(to.get(resource) ?? 0, amount))
}
