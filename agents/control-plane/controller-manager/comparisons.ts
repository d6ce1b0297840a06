/**
 * What is desired and what is, of the objects that controllers reconcile: read from the caches, not from a status that the
 * controller itself has written, wherever there is something else to count.
 */
import type { Pod } from '../../api/groups/core-v1/types.ts'
import { cronJobs, daemonSets, deployments, endpointSlices, endpoints, horizontalPodAutoscalers, jobs, namespaces, persistentVolumeClaims, persistentVolumes, podDisruptionBudgets, pods, replicaSets, resourceQuotas, serviceAccounts, services, statefulSets } from '../../api/resources.ts'
import { quantityMillis } from '../../api/schema/quantity.ts'
import type { Caches } from '../../machinery/caches.ts'
import type { Comparison, Controller } from '../../machinery/controller.ts'
import type { ObjectKey } from '../../machinery/object-key.ts'
import { isActive, isAvailable, isReady } from './pods/pod-state.ts'
import { hasSelector, podsOf } from './services/service-pods.ts'

type Compare = NonNullable<Controller['compare']>

const count = (what: string, desired: number, actual: number): Comparison => ({ what, bound: 'exact', desired: String(desired), actual: String(actual), met: desired === actual })
const atMost = (what: string, desired: number, actual: number): Comparison => ({ what, bound: 'most', desired: String(desired), actual: String(actual), met: actual <= desired })
const atLeast = (what: string, desired: number, actual: number): Comparison => ({ what, bound: 'least', desired: String(desired), actual: String(actual), met: actual >= desired })
const word = (what: string, desired: string, actual: string): Comparison => ({ what, bound: 'exact', desired, actual, met: desired === actual })

export const compareDeployment: Compare = (key, caches, nowMs) => {
  const deployment = caches.get(deployments, key)
  if (deployment === undefined) return []
  const wanted = deployment.spec.replicas ?? 1
  const sets = caches.ownedBy(replicaSets, deployment.metadata.uid)
  const owned = sets.flatMap(set => caches.ownedBy(pods, set.metadata.uid)).filter(isActive)
  const newest = deployment.metadata.annotations?.['deployment.kubernetes.io/revision']
  const updated = sets.filter(set => set.metadata.annotations?.['deployment.kubernetes.io/revision'] === newest).flatMap(set => caches.ownedBy(pods, set.metadata.uid)).filter(isActive)
  return [
    count('pods', wanted, owned.length),
    count('newestPods', wanted, updated.length),
    count('availablePods', wanted, owned.filter(pod => isAvailable(pod, deployment.spec.minReadySeconds ?? 0, nowMs)).length),
    count('wantingSets', wanted === 0 ? 0 : 1, sets.filter(set => (set.spec.replicas ?? 0) > 0).length),
    atMost('oldSets', deployment.spec.revisionHistoryLimit ?? 10, Math.max(0, sets.length - 1)),
  ]
}

function compareOwnedPods<T extends { readonly spec: { readonly replicas?: number; readonly minReadySeconds?: number }; readonly metadata: { readonly uid: string } }>(object: T | undefined, caches: Caches, nowMs: number): readonly Comparison[] {
  if (object === undefined) return []
  const wanted = object.spec.replicas ?? 1
  const owned = caches.ownedBy(pods, object.metadata.uid).filter(isActive)
  return [count('pods', wanted, owned.length), count('readyPods', wanted, owned.filter(isReady).length), count('availablePods', wanted, owned.filter(pod => isAvailable(pod, object.spec.minReadySeconds ?? 0, nowMs)).length)]
}

/** Of ReplicaSets, and of ReplicationControllers, which are alike in what is looked at. */
export const compareReplicas = (type: typeof replicaSets): Compare => (key, caches, nowMs) => compareOwnedPods(caches.get(type, key), caches, nowMs)

export const compareStatefulSet: Compare = (key, caches, nowMs) => {
  const set = caches.get(statefulSets, key)
  if (set === undefined) return []
  const first = set.spec.ordinals?.start ?? 0
  const names = new Set(Array.from({ length: set.spec.replicas ?? 1 }, (_, index) => `${set.metadata.name}-${first + index}`))
  const owned = caches.ownedBy(pods, set.metadata.uid)
  const update = set.status.updateRevision ?? ''
  return [
    ...compareOwnedPods(set, caches, nowMs),
    word('missingOrdinals', '', [...names].filter(name => !owned.some(pod => pod.metadata.name === name)).join(', ') || ''),
    word('extraOrdinals', '', owned.filter(pod => !names.has(pod.metadata.name)).map(pod => pod.metadata.name).join(', ') || ''),
    ...(update === '' ? [] : [count('newestPods', Math.max(0, names.size - (set.spec.updateStrategy?.rollingUpdate?.partition ?? 0)), owned.filter(pod => pod.metadata.labels?.['controller-revision-hash'] === update).length)]),
  ]
}

/** @param wantedNodes by the daemon set controller's own judgement. */
export function compareDaemons(wantedNodes: readonly string[], key: ObjectKey, caches: Caches, nowMs: number): readonly Comparison[] {
  const set = caches.get(daemonSets, key)
  if (set === undefined) return []
  const owned = caches.ownedBy(pods, set.metadata.uid).filter(isActive)
  const on = new Set(owned.map(placeOf))
  return [
    count('nodesWithPod', wantedNodes.length, wantedNodes.filter(node => on.has(node)).length),
    word('nodesWithout', '', wantedNodes.filter(node => !on.has(node)).join(', ') || ''),
    count('strayPods', 0, [...on].filter(node => !wantedNodes.includes(node)).length),
    count('availablePods', wantedNodes.length, owned.filter(pod => isAvailable(pod, set.spec.minReadySeconds ?? 0, nowMs)).length),
  ]
}

/** Before it is bound a daemon's pod says by its affinity where it goes. */
function placeOf({ spec }: Pod): string {
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  return spec.nodeName ?? terms.flatMap(term => term.matchFields ?? []).find(field => field.key === 'metadata.name')?.values?.[0] ?? ''
}

export const compareJob: Compare = (key, caches) => {
  const job = caches.get(jobs, key)
  if (job === undefined) return []
  const { completions, parallelism = 1, backoffLimit = 6, suspend = false } = job.spec
  const active = caches.ownedBy(pods, job.metadata.uid).filter(isActive).length
  const succeeded = job.status.succeeded ?? 0
  const isOver = job.status.conditions?.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True') === true
  const wanted = isOver || suspend ? 0 : completions === undefined ? parallelism : Math.min(parallelism, Math.max(0, completions - succeeded))
  return [count('pods', wanted, active), ...(completions === undefined ? [] : [count('completions', completions, succeeded)]), atMost('failedPods', backoffLimit, job.status.failed ?? 0)]
}

export const compareCronJob: Compare = (key, caches) => {
  const cron = caches.get(cronJobs, key)
  if (cron === undefined) return []
  const owned = caches.ownedBy(jobs, cron.metadata.uid)
  const ended = (kind: 'Complete' | 'Failed'): number => owned.filter(job => job.status.conditions?.some(({ type, status }) => type === kind && status === 'True') === true).length
  const running = owned.length - ended('Complete') - ended('Failed')
  return [
    ...(cron.spec.concurrencyPolicy === 'Allow' || cron.spec.concurrencyPolicy === undefined ? [] : [atMost('runningJobs', 1, running)]),
    atMost('successfulJobs', cron.spec.successfulJobsHistoryLimit ?? 3, ended('Complete')),
    atMost('failedJobs', cron.spec.failedJobsHistoryLimit ?? 1, ended('Failed')),
  ]
}

const sorted = (names: readonly string[]): string => [...new Set(names)].sort().join(', ') || ''

/** What a Service's slices, or its Endpoints, should hold and hold. */
export const compareSlices: Compare = (key, caches) => {
  const service = caches.get(services, key)
  if (service === undefined || !hasSelector(service)) return []
  const own = caches.list(endpointSlices, key.namespace).filter(slice => slice.metadata.labels?.['kubernetes.io/service-name'] === key.name)
  const wanted = wantedAddresses(caches, key)
  return [
    word('addresses', sorted(wanted.all), sorted(own.flatMap(slice => slice.endpoints ?? []).flatMap(endpoint => endpoint.addresses))),
    word('readyAddresses', sorted(wanted.ready), sorted(own.flatMap(slice => slice.endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).flatMap(endpoint => endpoint.addresses))),
  ]
}

export const compareEndpoints: Compare = (key, caches) => {
  const service = caches.get(services, key)
  if (service === undefined || !hasSelector(service)) return []
  const subsets = caches.get(endpoints, key)?.subsets ?? []
  return [word('readyAddresses', sorted(wantedAddresses(caches, key).ready), sorted(subsets.flatMap(subset => (subset.addresses ?? []).map(({ ip }) => ip))))]
}

function wantedAddresses(caches: Caches, key: ObjectKey): { readonly all: readonly string[]; readonly ready: readonly string[] } {
  const service = caches.get(services, key)!
  const selected = podsOf(caches, service).filter(pod => (pod.status.podIP ?? '') !== '' && pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed')
  const families = service.spec.ipFamilies ?? ['IPv4']
  const addresses = (some: readonly Pod[]): readonly string[] => some.flatMap(pod => (pod.status.podIPs ?? [{ ip: pod.status.podIP! }]).map(({ ip }) => ip)).filter(ip => families.includes(ip.includes(':') ? 'IPv6' : 'IPv4'))
  return { all: addresses(selected), ready: addresses(selected.filter(pod => service.spec.publishNotReadyAddresses === true || (isReady(pod) && isActive(pod)))) }
}

export const compareAutoscaler: Compare = (key, caches) => {
  const autoscaler = caches.get(horizontalPodAutoscalers, key)
  if (autoscaler === undefined) return []
  const { minReplicas = 1, maxReplicas, metrics = [] } = autoscaler.spec
  const { currentReplicas = 0, desiredReplicas, currentMetrics } = autoscaler.status ?? { currentReplicas: 0, desiredReplicas: 0 }
  return [
    count('replicas', desiredReplicas, currentReplicas),
    atLeast('replicas', minReplicas, currentReplicas),
    atMost('replicas', maxReplicas, currentReplicas),
    ...metrics.flatMap(({ resource }): readonly Comparison[] => {
      if (resource?.target.averageUtilization === undefined) return []
      const now = currentMetrics?.find(one => one.resource?.name === resource.name)?.resource?.current.averageUtilization
      return [{ what: 'use', of: resource.name, bound: 'most', desired: `${resource.target.averageUtilization}%`, actual: now === undefined ? '' : `${now}%`, met: now !== undefined && now <= resource.target.averageUtilization }]
    }),
  ]
}

export const compareClaim: Compare = (key, caches) => {
  const claim = caches.get(persistentVolumeClaims, key)
  if (claim === undefined) return []
  const volume = caches.list(persistentVolumes).find(({ spec }) => spec.claimRef?.name === key.name && spec.claimRef.namespace === key.namespace)
  const asked = claim.spec.resources?.requests?.['storage']
  return [
    word('phase', 'Bound', claim.status.phase ?? 'Pending'),
    word('promisedVolume', claim.spec.volumeName ?? volume?.metadata.name ?? '*', volume?.metadata.name ?? ''),
    ...(asked === undefined || volume === undefined ? [] : [{ what: 'size', bound: 'least' as const, desired: asked, actual: volume.spec.capacity?.['storage'] ?? '', met: isAtLeast(volume.spec.capacity?.['storage'], asked) }]),
  ]
}

export const compareVolume: Compare = (key, caches) => {
  const volume = caches.get(persistentVolumes, key)
  if (volume === undefined) return []
  const { claimRef } = volume.spec
  const claim = claimRef?.name === undefined ? undefined : caches.get(persistentVolumeClaims, { namespace: claimRef.namespace ?? '', name: claimRef.name })
  const isPromised = claimRef?.uid !== undefined
  return [word('phase', claim !== undefined && claim.metadata.uid === claimRef?.uid ? 'Bound' : isPromised ? 'Released' : 'Available', volume.status.phase ?? 'Pending')]
}

function isAtLeast(is: string | undefined, wanted: string): boolean {
  return is !== undefined && quantityMillis(is) >= quantityMillis(wanted)
}

export const compareNamespace: Compare = (key, caches) => {
  const namespace = caches.get(namespaces, key)
  if (namespace === undefined) return []
  const isGoing = namespace.metadata.deletionTimestamp !== undefined
  const remaining = namespace.status.conditions?.find(({ type, status }) => type === 'NamespaceContentRemaining' && status === 'True')
  const held = namespace.status.conditions?.find(({ type, status }) => type === 'NamespaceFinalizersRemaining' && status === 'True')
  return [
    word('phase', isGoing ? '' : 'Active', namespace.status.phase ?? 'Active'),
    ...(isGoing ? [word('content', '', remaining?.message ?? ''), word('finalizers', '', held?.message ?? '')] : []),
  ]
}

export const compareBudget: Compare = (key, caches) => {
  const budget = caches.get(podDisruptionBudgets, key)
  if (budget === undefined) return []
  const { desiredHealthy = 0, currentHealthy = 0 } = budget.status ?? {}
  return [atLeast('healthyPods', desiredHealthy, currentHealthy)]
}

export const compareQuota: Compare = (key, caches) => {
  const quota = caches.get(resourceQuotas, key)
  if (quota === undefined) return []
  return Object.entries(quota.spec.hard ?? {}).map(([what, hard]) => {
    const used = quota.status?.used?.[what]
    return { what: 'quota', of: what, bound: 'most', desired: hard, actual: used ?? '', met: used !== undefined && isAtLeast(hard, used) }
  })
}

export const compareServiceAccounts: Compare = ({ name }, caches) => [word('serviceAccount', 'default', caches.get(serviceAccounts, { namespace: name, name: 'default' }) === undefined ? '' : 'default')]
