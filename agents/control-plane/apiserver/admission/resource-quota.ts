/**
 * Namespaces do not grow beyond their quotas. Upstream: apiserver/pkg/admission/plugin/resourcequota.
 *
 *   RQ1  Only what status.hard names is limited: the quota controller puts it there once it has counted.
 *   RQ2  What is used is raised in the quota's status before the object is written, by compare and swap, so that two
 *        writers cannot use one allowance; a refusal says what was asked, used and limited.
 *   RQ3  A quota on compute resources demands that every container says what it needs.
 *   RQ4  An update, a pod's resize too, is charged for what it adds; nothing is given back here: the quota controller recounts.
 */
import { addQuantities, compareQuantities, subtractQuantities } from '../../../api/schema/quantity.ts'
import { serverContext } from '../bootstrap/ensure-objects.ts'
import { forbidden } from '../http/api-error.ts'
import { fieldAt, isFields } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import type { ObjectWriter } from '../registry/object-writer.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import { uncovered } from './limited-resources.ts'
import type { LimitedResource } from './limited-resources.ts'
import { shownName } from './admission.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { podSpecOf } from './pod-fields.ts'
import { quotaConcerns, usageOf } from '../../../api/quota/quota-usage.ts'
import type { Usage } from '../../../api/quota/quota-usage.ts'

const quotas = { group: '', resource: 'resourcequotas' }
const computeNames = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory', 'ephemeral-storage', 'requests.ephemeral-storage', 'limits.ephemeral-storage']
/** By group and resource: what an update may use more of. */
const charged = new Set(['/pods', '/services', '/persistentvolumeclaims', 'resource.k8s.io/resourceclaims'])

export function resourceQuota(reader: ObjectReader, limited: readonly LimitedResource[], store: () => { readonly writer: ObjectWriter; readonly quotas: ServedResource }): AdmissionPlugin {
  return {
    name: 'ResourceQuota',
    concerns: request => request.namespace !== '' && request.resource !== 'namespaces' && request.group !== 'authorization.k8s.io'
      && (request.subresource === '' ? request.operation === 'CREATE' || (request.operation === 'UPDATE' && charged.has(`${request.group}/${request.resource}`)) : isPodResize(request)),
    async validate(request) {
      const known = reader.list(quotas, request.namespace)
      if (known.length === 0 && limited.length === 0) return
      const object = request.object!
      const concerned = known.filter(candidate => quotaConcerns(candidate, request.group, request.resource, object))
      if (limited.length > 0) { // LI1
        const missing = uncovered(limited, request, Object.keys(usageOf(request.group, request.resource, object)), new Set(concerned.flatMap(quota => Object.keys(amountsAt(quota, 'hard')))))
        if (missing.length > 0) throw forbidden(request, shownName(request), `insufficient quota to consume: ${missing.join(',')}`)
      }
      for (const quota of concerned) await charge(request, quota, store())
    },
  }
}

function isPodResize({ group, resource, subresource, operation }: AdmissionRequest): boolean {
  return group === '' && resource === 'pods' && subresource === 'resize' && operation === 'UPDATE'
}

async function charge(request: AdmissionRequest, quota: KubeObject, store: { readonly writer: ObjectWriter; readonly quotas: ServedResource }): Promise<void> {
  const hard = amountsAt(quota, 'hard') // RQ1
  requireCompute(request, quota, hard)
  const wanted = added(request)
  const limited = Object.keys(wanted).filter(name => hard[name] !== undefined)
  if (limited.length === 0) return
  const target = { resource: store.quotas, namespace: request.namespace, name: quota.metadata.name! }
  const context = { ...serverContext(request.signal), dryRun: request.dryRun }
  await store.writer.update(target, current => withUsage(request, current!, wanted), context, { rules: 'custom', subresource: 'status', allowsUnconditional: true, skipAdmission: true, managedFieldsDone: true }) // RQ2
}

function withUsage(request: AdmissionRequest, quota: KubeObject, wanted: Usage): KubeObject {
  const hard = amountsAt(quota, 'hard')
  const used = { ...amountsAt(quota, 'used') }
  const before = { ...used }
  const exceeded: string[] = []
  for (const [name, amount] of Object.entries(wanted)) {
    const limit = hard[name]
    if (limit === undefined) continue
    const total = addQuantities(used[name] ?? '0', amount)
    if (compareQuantities(total, limit) > 0) exceeded.push(name)
    used[name] = total
  }
  if (exceeded.length > 0) {
    const text = (amounts: Usage) => exceeded.sort().map(name => `${name}=${amounts[name] ?? '0'}`).join(',')
    throw forbidden(request, shownName(request), `exceeded quota: ${quota.metadata.name!}, requested: ${text(wanted)}, used: ${text(before)}, limited: ${text(hard)}`)
  }
  return { ...quota, status: { ...(quota['status'] as Fields), used } }
}

/** RQ4 */
function added(request: AdmissionRequest): Usage {
  const now = usageOf(request.group, request.resource, request.object!)
  if (request.operation === 'CREATE' || request.oldObject === undefined) return now
  const before = usageOf(request.group, request.resource, request.oldObject)
  const more: Record<string, string> = {}
  for (const [name, amount] of Object.entries(now)) {
    const difference = subtractQuantities(amount, before[name] ?? '0')
    if (compareQuantities(difference, '0') > 0) more[name] = difference
  }
  return more
}

/** RQ3 */
function requireCompute(request: AdmissionRequest, quota: KubeObject, hard: Usage): void {
  if (request.resource !== 'pods' || request.group !== '' || request.operation !== 'CREATE') return
  const spec = podSpecOf(request.object!)
  const missing: string[] = []
  for (const name of computeNames.filter(candidate => hard[candidate] !== undefined)) {
    const [list, resource] = name.startsWith('limits.') ? ['limits', name.slice('limits.'.length)] : ['requests', name.replace(/^requests\./, '')]
    const without = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].filter(container => fieldAt(container, 'resources', list!, resource!) === undefined)
    if (without.length > 0) missing.push(`${name} for: ${without.map(container => container.name).join(',')}`)
  }
  if (missing.length > 0) throw forbidden(request, shownName(request), `failed quota: ${quota.metadata.name!}: must specify ${missing.sort().join('; ')}`)
}

function amountsAt(quota: KubeObject, list: 'hard' | 'used'): Readonly<Record<string, string>> {
  const amounts = fieldAt(quota, 'status', list)
  return isFields(amounts) ? (amounts as Record<string, string>) : {}
}
