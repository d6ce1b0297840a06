/**
 * Namespaces do not grow beyond their quotas. Upstream: apiserver/pkg/admission/plugin/resourcequota.
 *
 *   RQ1  Only what status.hard names is limited: the quota controller puts it there once it has counted.
 *   RQ2  What is used is raised in the quota's status before the object is written, by compare and swap, so that two
 *        writers cannot use one allowance; a refusal says what was asked, used and limited.
 *   RQ3  A quota on compute resources demands that every container says what it needs.
 *   RQ5  Of several quotas that limit an object, none is charged unless all allow it; what was charged before another refused
 *        after all (it was used up meanwhile) is given back.
 *   RQ4  An update, a pod's resize too, is charged for what it adds; nothing is given back here: the quota controller recounts.
 */
import { addQuantities, compareQuantities, subtractQuantities } from '../../../api/schema/quantity.ts'
import { serverContext } from '../bootstrap/ensure-objects.ts'
import { forbidden } from '../http/api-error.ts'
import { fieldAt, isFields } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import type { ObjectWriter } from '../registry/object-writer.ts'
import type { ServedResource } from '../registry/served-resource.ts'
import { uncovered, uncoveredScopes } from './limited-resources.ts'
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

export function resourceQuota(reader: ObjectReader, limited: readonly LimitedResource[], store: () => QuotaStore): AdmissionPlugin {
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
        const scopes = uncoveredScopes(limited, request, object, known) // LI2
        if (scopes.length > 0) throw forbidden(request, shownName(request), `insufficient quota to match these scopes: [${scopes.join(' ')}]`)
      }
      if (concerned.length > 0) await chargeAll(request, concerned, store())
    },
  }
}

function isPodResize({ group, resource, subresource, operation }: AdmissionRequest): boolean {
  return group === '' && resource === 'pods' && subresource === 'resize' && operation === 'UPDATE'
}

interface QuotaStore {
  readonly writer: Pick<ObjectWriter, 'readFresh' | 'update'>
  readonly quotas: ServedResource
}

/** RQ5 */
async function chargeAll(request: AdmissionRequest, quotas: readonly KubeObject[], store: QuotaStore): Promise<void> {
  for (const quota of quotas) requireCompute(request, quota, amountsAt(quota, 'hard'))
  const wanted = added(request)
  const limiting = quotas.filter(quota => Object.keys(wanted).some(name => amountsAt(quota, 'hard')[name] !== undefined)) // RQ1
  if (limiting.length > 1) {
    for (const quota of limiting) {
      const current = await store.writer.readFresh(targetOf(request, quota, store))
      if (current !== undefined) withUsage(request, current, wanted)
    }
  }
  const charged: KubeObject[] = []
  try {
    for (const quota of limiting) {
      await update(request, quota, store, current => withUsage(request, current, wanted)) // RQ2
      charged.push(quota)
    }
  } catch (error) {
    if (!request.dryRun) await Promise.allSettled(charged.map(quota => update(request, quota, store, current => withoutUsage(current, wanted))))
    throw error
  }
}

function targetOf(request: AdmissionRequest, quota: KubeObject, { quotas: resource }: QuotaStore) {
  return { resource, namespace: request.namespace, name: quota.metadata.name! }
}

async function update(request: AdmissionRequest, quota: KubeObject, store: QuotaStore, change: (current: KubeObject) => KubeObject): Promise<void> {
  const context = { ...serverContext(request.signal), dryRun: request.dryRun }
  await store.writer.update(targetOf(request, quota, store), current => change(current!), context, { rules: 'custom', subresource: 'status', allowsUnconditional: true, skipAdmission: true, managedFieldsDone: true })
}

function withoutUsage(quota: KubeObject, wanted: Usage): KubeObject {
  const hard = amountsAt(quota, 'hard')
  const used: Record<string, string> = { ...amountsAt(quota, 'used') }
  for (const [name, amount] of Object.entries(wanted)) {
    if (hard[name] === undefined || used[name] === undefined) continue
    const rest = subtractQuantities(used[name], amount)
    used[name] = compareQuantities(rest, '0') < 0 ? '0' : rest
  }
  return { ...quota, status: { ...(quota['status'] as Fields), used } }
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
