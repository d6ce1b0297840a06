/**
 * LimitRanges: defaults for containers that say nothing, and bounds for all. Upstream: plugin/pkg/admission/limitranger.
 *
 *   LR1  Missing limits come from default, missing requests from defaultRequest (or the limit), before anything is checked;
 *        the annotation kubernetes.io/limit-ranger says what was set.
 *   LR2  min, max and maxLimitRequestRatio hold for each container, for the pod's sums and for claims.
 */
import { compareQuantities, quantityMillis } from '../../../api/schema/quantity.ts'
import { forbidden } from '../http/api-error.ts'
import { isFields, listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { isPodWrite, podSpecOf } from './pod-fields.ts'
import { amountsOf, podAmounts } from '../../../api/quota/pod-amounts.ts'
import type { Amounts } from '../../../api/quota/pod-amounts.ts'

interface Limit {
  readonly type: string
  readonly default?: Amounts
  readonly defaultRequest?: Amounts
  readonly min?: Amounts
  readonly max?: Amounts
  readonly maxLimitRequestRatio?: Amounts
}

export function limitRanger(reader: ObjectReader): AdmissionPlugin {
  const limitsIn = (namespace: string) => reader.list({ group: '', resource: 'limitranges' }, namespace).flatMap(range => listAt(range, 'spec', 'limits') as Limit[])
  const isClaim = (request: AdmissionRequest) => request.group === '' && request.resource === 'persistentvolumeclaims' && request.subresource === ''
  const isResize = (request: AdmissionRequest) => request.group === '' && request.resource === 'pods' && request.subresource === 'resize' && request.operation === 'UPDATE'
  return {
    name: 'LimitRanger',
    concerns: request => isPodWrite(request, 'CREATE') || isResize(request) || (isClaim(request) && (request.operation === 'CREATE' || request.operation === 'UPDATE')),
    admit(request) {
      if (request.resource !== 'pods' || request.operation !== 'CREATE') return
      const containerLimits = limitsIn(request.namespace).filter(limit => limit.type === 'Container')
      if (containerLimits.length > 0) setDefaults(request.object!, containerLimits)
    },
    validate(request) {
      const limits = limitsIn(request.namespace)
      if (limits.length === 0) return
      const failures = request.resource === 'pods' ? podFailures(request.object!, limits) : claimFailures(request.object!, limits)
      if (failures.length > 0) throw forbidden(request, shownName(request), failures.length === 1 ? failures[0]! : `[${failures.join(', ')}]`)
    },
  }
}

/** LR1 */
function setDefaults(pod: KubeObject, limits: readonly Limit[]): void {
  const spec = podSpecOf(pod)
  const notes: string[] = []
  const defaults: Record<string, string> = Object.assign({}, ...limits.map(limit => limit.default ?? {}))
  const requests: Record<string, string> = Object.assign({}, ...limits.map(limit => limit.defaultRequest ?? {}))
  for (const [what, containers] of [['container', spec.containers ?? []], ['init container', spec.initContainers ?? []]] as const) {
    for (const container of containers) {
      const resources = (isFields(container['resources']) ? container['resources'] : (container['resources'] = {})) as { limits?: Record<string, string>; requests?: Record<string, string> }
      const setLimits = fill(resources, 'limits', defaults)
      const setRequests = fill(resources, 'requests', requests)
      if (setRequests.length > 0) notes.push(`${setRequests.join(', ')} request for ${what} ${container.name}`)
      if (setLimits.length > 0) notes.push(`${setLimits.join(', ')} limit for ${what} ${container.name}`)
      for (const name of setLimits) if (resources.requests?.[name] === undefined) resources.requests = { ...resources.requests, [name]: resources.limits![name]! }
    }
  }
  if (notes.length > 0) pod.metadata.annotations = { ...pod.metadata.annotations, 'kubernetes.io/limit-ranger': `LimitRanger plugin set: ${notes.join('; ')}` }
}

function fill(resources: { limits?: Record<string, string>; requests?: Record<string, string> }, list: 'limits' | 'requests', defaults: Amounts): string[] {
  const missing = Object.keys(defaults).filter(name => resources[list]?.[name] === undefined).sort()
  if (missing.length > 0) resources[list] = { ...Object.fromEntries(missing.map(name => [name, defaults[name]!])), ...resources[list] }
  return missing
}

/** LR2 */
function podFailures(pod: KubeObject, limits: readonly Limit[]): string[] {
  const spec = podSpecOf(pod)
  const all = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  return limits.flatMap(limit => {
    if (limit.type === 'Container') return all.flatMap(container => checked(limit, amountsOf(container, 'requests'), amountsOf(container, 'limits'), 'Container'))
    if (limit.type === 'Pod') return checked(limit, podAmounts(spec, 'requests'), podAmounts(spec, 'limits'), 'Pod')
    return []
  })
}

function claimFailures(claim: KubeObject, limits: readonly Limit[]): string[] {
  const storage = textAt(claim, 'spec', 'resources', 'requests', 'storage')
  return limits.filter(limit => limit.type === 'PersistentVolumeClaim').flatMap(limit => claimChecked(limit, storage))
}

function claimChecked(limit: Limit, storage: string): string[] {
  const failures: string[] = []
  const [min, max] = [limit.min?.['storage'], limit.max?.['storage']]
  if (min !== undefined && compareQuantities(storage, min) < 0) failures.push(`minimum storage usage per PersistentVolumeClaim is ${min}, but request is ${storage}`)
  if (max !== undefined && compareQuantities(storage, max) > 0) failures.push(`maximum storage usage per PersistentVolumeClaim is ${max}, but request is ${storage}`)
  return failures
}

function checked(limit: Limit, requests: Amounts, limits: Amounts, type: string): string[] {
  const failures: string[] = []
  for (const [name, min] of Object.entries(limit.min ?? {})) {
    if (requests[name] === undefined) failures.push(`minimum ${name} usage per ${type} is ${min}.  No request is specified`)
    else if (compareQuantities(requests[name], min) < 0) failures.push(`minimum ${name} usage per ${type} is ${min}, but request is ${requests[name]}`)
    else if (limits[name] !== undefined && compareQuantities(limits[name], min) < 0) failures.push(`minimum ${name} usage per ${type} is ${min}, but limit is ${limits[name]}`)
  }
  for (const [name, max] of Object.entries(limit.max ?? {})) {
    if (limits[name] === undefined) failures.push(`maximum ${name} usage per ${type} is ${max}.  No limit is specified`)
    else if (compareQuantities(limits[name], max) > 0) failures.push(`maximum ${name} usage per ${type} is ${max}, but limit is ${limits[name]}`)
    else if (requests[name] !== undefined && compareQuantities(requests[name], max) > 0) failures.push(`maximum ${name} usage per ${type} is ${max}, but request is ${requests[name]}`)
  }
  for (const [name, ratio] of Object.entries(limit.maxLimitRequestRatio ?? {})) {
    if (requests[name] === undefined || limits[name] === undefined) failures.push(`${name} max limit to request ratio per ${type} is ${ratio}, but no ${requests[name] === undefined ? 'request' : 'limit'} is specified or ${requests[name] === undefined ? 'request' : 'limit'} is 0`)
    else {
      const actual = Number(quantityMillis(limits[name])) / Math.max(1, Number(quantityMillis(requests[name])))
      if (actual * 1000 > Number(quantityMillis(ratio))) failures.push(`${name} max limit to request ratio per ${type} is ${ratio}, but provided ratio is ${actual.toFixed(6)}`)
    }
  }
  return failures
}
