/**
 * How much of each quota resource an object uses, and which scopes it falls into. What admission charges and what the quota
 * controller counts are the same sums.
 * Upstream: pkg/quota/v1/evaluator/core.
 *
 *   QU1  Every object counts as count/<resource>.<group>, whatever its state; the old names (pods, services, configmaps …)
 *        count too.
 *   QU2  A pod that has finished, or should be gone by twice its grace period, uses only its count/pods. A pod's requests
 *        are those of the whole pod (PR-1), with the overhead of its runtime; extended resources and huge pages have no
 *        limits in quotas.
 *   QU3  A claim uses the most of the storage it asks for and what is allocated to it, for all and for its class.
 *   QU4  A claim for devices uses, of each device class, what its requests may come to: the most of their alternatives, and
 *        32 for all there are.
 *   QU5  Pods fall into the scopes of pods, claims into those of attribute classes, any other object into none.
 */
import { qosClassOf } from '../groups/core-v1/pod-qos.ts'
import type { PersistentVolumeClaim, Pod, ResourceQuota, ScopedResourceSelectorRequirement, Service } from '../groups/core-v1/types.ts'
import type { ResourceClaim } from '../groups/resource-v1/types.ts'
import { compareQuantities, quantityValue } from '../schema/quantity.ts'
import { storageClassOf } from '../volumes/volume-fit.ts'
import { podAmounts } from './pod-amounts.ts'

export type Usage = Readonly<Record<string, string>>

const oldNames = new Set(['pods', 'services', 'configmaps', 'secrets', 'replicationcontrollers', 'resourcequotas', 'persistentvolumeclaims'])
const mostDevices = 32

/** `nowMs` matters for pods that are stuck in deletion. */
export function usageOf(group: string, resource: string, object: object, nowMs = 0): Usage {
  const usage: Record<string, string> = { [countName(group, resource)]: '1' } // QU1
  if (group === '' && resource === 'pods') return { ...usage, ...(isCharged(object as Pod, nowMs) ? podUsage(object as Pod) : {}) }
  if (group === '' && oldNames.has(resource)) usage[resource] = '1'
  if (group === '' && resource === 'services') Object.assign(usage, serviceUsage(object as Service))
  if (group === '' && resource === 'persistentvolumeclaims') Object.assign(usage, claimUsage(object as PersistentVolumeClaim))
  if (group === 'resource.k8s.io' && resource === 'resourceclaims') Object.assign(usage, deviceUsage(object as ResourceClaim))
  return usage
}

/** "count/pods", "count/deployments.apps". */
export function countName(group: string, resource: string): string {
  return `count/${resource}${group === '' ? '' : `.${group}`}`
}

/** Whether objects of this resource can use what a quota names so. */
export function countsFor(name: string, group: string, resource: string): boolean {
  if (name === countName(group, resource)) return true
  if (group === 'resource.k8s.io') return resource === 'resourceclaims' && name.endsWith('.deviceclass.resource.k8s.io/devices')
  if (group !== '' || !oldNames.has(resource)) return false
  if (name === resource || (resource === 'services' && name.startsWith('services.'))) return true
  const ofStorage = name === 'requests.storage' || name.includes('.storageclass.storage.k8s.io/')
  if (resource === 'persistentvolumeclaims') return ofStorage
  return resource === 'pods' && !ofStorage && /^(cpu|memory|ephemeral-storage|hugepages-.*|(requests|limits)\..*)$/.test(name)
}

/** QU2 */
export function isCharged({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true
  return nowMs <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000
}

const plainRequests = new Set(['cpu', 'memory', 'ephemeral-storage'])

function podUsage({ spec, status }: Pod): Usage {
  const usage: Record<string, string> = { pods: '1' }
  for (const [name, amount] of Object.entries(podAmounts(spec, 'requests', true, status ?? {}))) {
    usage[`requests.${name}`] = amount
    if (plainRequests.has(name) || name.startsWith('hugepages-')) usage[name] = amount
  }
  for (const [name, amount] of Object.entries(podAmounts(spec, 'limits', true, status ?? {}))) if (plainRequests.has(name)) usage[`limits.${name}`] = amount
  return usage
}

function serviceUsage({ spec }: Service): Usage {
  const ports = spec.ports ?? []
  if (spec.type === 'NodePort') return { 'services.nodeports': String(ports.length) }
  if (spec.type !== 'LoadBalancer') return {}
  const allocated = spec.allocateLoadBalancerNodePorts === false ? ports.filter(({ nodePort = 0 }) => nodePort !== 0) : ports
  return { 'services.loadbalancers': '1', 'services.nodeports': String(allocated.length) }
}

/** QU3 */
function claimUsage(claim: PersistentVolumeClaim): Usage {
  const { spec, status } = claim
  const asked = spec.resources?.requests?.['storage']
  const allocated = status?.allocatedResources?.['storage']
  const most = asked !== undefined && allocated !== undefined && compareQuantities(allocated, asked) > 0 ? allocated : asked
  const storage = most === undefined ? undefined : wholeBytes(most)
  const name = storageClassOf(claim)
  const ofClass = `${name}.storageclass.storage.k8s.io`
  return {
    ...(storage === undefined ? {} : { 'requests.storage': storage }),
    ...(name === '' ? {} : { [`${ofClass}/persistentvolumeclaims`]: '1', ...(storage === undefined ? {} : { [`${ofClass}/requests.storage`]: storage }) }),
  }
}

function wholeBytes(amount: string): string {
  const value = String(quantityValue(amount))
  return compareQuantities(value, amount) === 0 ? amount : value
}

/** QU4 */
function deviceUsage({ spec }: ResourceClaim): Usage {
  const counts = new Map<string, number>()
  for (const { exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
    const most = new Map<string, number>()
    for (const { deviceClassName, allocationMode, count = 1 } of exactly === undefined ? firstAvailable : [exactly]) {
      most.set(deviceClassName, Math.max(most.get(deviceClassName) ?? 0, allocationMode === 'All' ? mostDevices : count))
    }
    for (const [name, count] of most) counts.set(name, (counts.get(name) ?? 0) + count)
  }
  return Object.fromEntries([...counts].map(([name, count]) => [`${name}.deviceclass.resource.k8s.io/devices`, String(count)]))
}

/** Whether a quota is about this object at all. */
export function quotaConcerns(quota: object, group: string, resource: string, object: object): boolean {
  return scopesOf(quota).every(term => inScope(term, group, resource, object))
}

/** QU5 */
export function inScope(term: ScopedResourceSelectorRequirement, group: string, resource: string, object: object): boolean {
  if (group !== '') return false
  if (resource === 'pods') return podInScope(term, object as Pod)
  return resource === 'persistentvolumeclaims' && claimInScope(term, object as PersistentVolumeClaim)
}

/** What a quota asks of what it counts. */
export function scopesOf(quota: object): readonly ScopedResourceSelectorRequirement[] {
  const { spec } = quota as Partial<ResourceQuota>
  return [...(spec?.scopes ?? []).map((scopeName): ScopedResourceSelectorRequirement => ({ scopeName, operator: 'Exists' })), ...(spec?.scopeSelector?.matchExpressions ?? [])]
}

function podInScope(term: ScopedResourceSelectorRequirement, { spec }: Pod): boolean {
  switch (term.scopeName) {
    case 'Terminating':
      return spec.activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return spec.activeDeadlineSeconds === undefined
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort'
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort'
    case 'PriorityClass':
      return selects(term, [spec.priorityClassName])
    case 'CrossNamespacePodAffinity':
      return affinityTerms(spec).some(({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined)
    default:
      return false
  }
}

function claimInScope(term: ScopedResourceSelectorRequirement, { spec, status }: PersistentVolumeClaim): boolean {
  return term.scopeName === 'VolumeAttributesClass' && selects(term, [spec.volumeAttributesClassName, status?.currentVolumeAttributesClassName, status?.modifyVolumeStatus?.targetVolumeAttributesClassName])
}

function selects({ operator, values = [] }: ScopedResourceSelectorRequirement, candidates: readonly (string | undefined)[]): boolean {
  const names = candidates.filter(name => name !== undefined && name !== '') as string[]
  if (operator === 'Exists') return names.length > 0
  if (operator === 'DoesNotExist') return names.length === 0
  const isAmong = names.some(name => values.includes(name))
  return operator === 'In' ? isAmong : !isAmong
}

function affinityTerms({ affinity }: Pod['spec']) {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap(kind => [
    ...(kind?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(kind?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
}
