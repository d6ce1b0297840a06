/**
 * Extended resources that devices stand behind: a pod asks for `example.com/gpu: 1` as ever, and on a node that has no such
 * resource of its own a claim for devices of the class is made for it. Pure.
 * Upstream: plugins/dynamicresources extendeddynamicresources.go, deviceclass/extendedresourcecache (KEP-5004).
 *
 *   EX1  A class stands behind the resource that it names, and always behind deviceclass.resource.kubernetes.io/<its name>. Of
 *        several that name one resource the newest does, of equally old ones the first by name.
 *   EX2  A resource of which the node has any is the node's own; devices serve what a class stands behind and the node has
 *        none of.
 *   EX3  Each container has a request of its own, named by its place and that of the resource among its requests. Init
 *        containers that end use what containers after them ask for; the largest of what that leaves is requested once for all.
 *   EX4  The claim made for a pod carries an annotation and is owned by the pod. Until it is written it has a name that no
 *        claim can have.
 */
import type { Container, ContainerExtendedResourceRequest, Pod } from '../../../api/groups/core-v1/types.ts'
import type { DeviceClass, DeviceRequest, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { quantityValue } from '../../../api/schema/quantity.ts'
import { isExtendedResource } from '../snapshot/resource-amounts.ts'
import type { ResourceAmounts } from '../snapshot/resource-amounts.ts'
import { isSidecar, podRequests } from '../snapshot/pod-requests.ts'

const annotation = 'resource.kubernetes.io/extended-resource-claim'
const implicitPrefix = 'deviceclass.resource.kubernetes.io/'
const unwritten = '<extended-resources>'

export type ClassOfResource = (resource: string) => DeviceClass | undefined

/** EX1: the names of the resources that the class stands behind. */
export function resourcesOf({ metadata, spec }: DeviceClass): readonly string[] {
  return [`${implicitPrefix}${metadata.name}`, ...(spec.extendedResourceName === undefined ? [] : [spec.extendedResourceName])]
}

/** EX1: of classes that stand behind the same resource, the one that counts. */
export function foremostClass(classes: readonly DeviceClass[]): DeviceClass | undefined {
  const madeAt = ({ metadata }: DeviceClass): number => Date.parse(metadata.creationTimestamp)
  return classes.reduce<DeviceClass | undefined>((best, each) => (best === undefined || madeAt(each) > madeAt(best) || (madeAt(each) === madeAt(best) && each.metadata.name < best.metadata.name) ? each : best), undefined)
}

function mayBeDevices(resource: string): boolean {
  return isExtendedResource(resource) || resource.startsWith(implicitPrefix)
}

/** EX2 */
export function isServedByDevices(resource: string, allocatable: ResourceAmounts, classOf: ClassOfResource): boolean {
  return allocatable.get(resource) === 0 && classOf(resource) !== undefined
}

/** Whether the pod asks for any resource that a class stands behind. */
export function asksForDevices(pod: Pod, classOf: ClassOfResource): boolean {
  return [...extendedRequests(pod)].some(resource => classOf(resource) !== undefined)
}

function extendedRequests(pod: Pod): readonly string[] {
  return [...podRequests(pod)].filter(([resource, amount]) => amount !== 0 && mayBeDevices(resource)).map(([resource]) => resource)
}

/** EX4: the claim that was made for the pod before, or one that is not written. */
export function extendedClaimOf(pod: Pod, claims: readonly ResourceClaim[]): ResourceClaim {
  const { name, namespace, uid } = pod.metadata
  const known = claims.find(({ metadata }) => metadata.annotations?.[annotation] === 'true' && metadata.ownerReferences?.some(owner => owner.controller === true && owner.name === name && owner.uid === uid) === true)
  return known ?? {
    apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', spec: {}, status: {},
    metadata: {
      name: unwritten, namespace: namespace!, uid: `extended resources of ${uid}`, generateName: `${name}-extended-resources-`, resourceVersion: '', creationTimestamp: '',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }], annotations: { [annotation]: 'true' },
    },
  }
}

export function isUnwritten({ metadata }: ResourceClaim): boolean {
  return metadata.name === unwritten
}

/** What devices have to serve on one node. */
export interface ExtendedRequests {
  readonly requests: readonly DeviceRequest[]
  readonly mappings: readonly ContainerExtendedResourceRequest[]
}

/** Undefined for a pod that asks for a resource which nothing has (EX2). */
export function extendedRequestsOn(pod: Pod, allocatable: ResourceAmounts, classOf: ClassOfResource): ExtendedRequests | undefined {
  const wanted = extendedRequests(pod)
  if (wanted.some(resource => !isServedByDevices(resource, allocatable, classOf) && !allocatable.scalars.has(resource))) return undefined
  const served = wanted.filter(resource => isServedByDevices(resource, allocatable, classOf)).sort().map(resource => requestsFor(pod, resource, classOf(resource)!.metadata.name))
  return {
    requests: served.flatMap(({ requests }) => requests).sort((a, b) => (a.name < b.name ? -1 : 1)),
    mappings: served.flatMap(({ mappings }) => mappings),
  }
}

/** EX3 */
function requestsFor(pod: Pod, resource: string, className: string): ExtendedRequests {
  const initContainers = pod.spec.initContainers ?? []
  const containers = [...initContainers, ...pod.spec.containers].map((container, place) => ({ container, place, ends: place < initContainers.length && !isSidecar(container) }))
  const lasting = containers.filter(({ ends }) => !ends).map(({ container, place }) => ({ place, ...requestFor(container, place, resource, className, []) }))
  const ending = containers.filter(({ ends }) => ends).map(({ container, place }) => requestFor(container, place, resource, className, lasting.flatMap(later => (later.place >= place && later.request !== undefined ? [later.request] : []))))
  const own = ending.flatMap(({ request }) => request ?? [])
  const largest = own.reduce<DeviceRequest | undefined>((best, each) => (best === undefined || countOf(each) > countOf(best) ? each : best), undefined)
  const names = new Set(own.map(({ name }) => name))
  return {
    requests: [...(largest === undefined ? [] : [largest]), ...lasting.flatMap(({ request }) => request ?? [])],
    mappings: [...lasting, ...ending].flatMap(({ mappings }) => mappings).map(mapping => (largest !== undefined && names.has(mapping.requestName) ? { ...mapping, requestName: largest.name } : mapping)),
  }
}

/** What one container asks for beyond what it may use of others' requests. */
function requestFor(container: Container, place: number, resource: string, className: string, others: readonly DeviceRequest[]): { readonly request?: DeviceRequest; readonly mappings: readonly ContainerExtendedResourceRequest[] } {
  const wanted = container.resources?.requests ?? {}
  const count = Number(quantityValue(wanted[resource] ?? '0'))
  if (count === 0) return { mappings: [] }
  const mapping = (requestName: string) => ({ containerName: container.name, resourceName: resource, requestName })
  const mappings: ContainerExtendedResourceRequest[] = []
  let found = 0
  for (const other of others) {
    found += countOf(other)
    mappings.push(mapping(other.name))
    if (found >= count) return { mappings }
  }
  const name = `container-${place}-request-${Object.keys(wanted).sort().indexOf(resource)}`
  return { request: { name, exactly: { deviceClassName: className, allocationMode: 'ExactCount', count: count - found } }, mappings: [...mappings, mapping(name)] }
}

function countOf({ exactly }: DeviceRequest): number {
  return exactly?.count ?? 0
}
