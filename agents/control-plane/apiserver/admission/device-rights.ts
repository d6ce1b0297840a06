/**
 * Who may be given devices, and who may say what of them. Upstream does this in the strategies of resource claims
 * (pkg/registry/resource).
 *
 *   DV1  Access of administrators is for namespaces with the label resource.kubernetes.io/admin-access: "true", in claims, in
 *        templates and in what claims are given.
 *   DV2  Changing what a claim was given, or for whom, needs the right to update or patch resourceclaims/binding.
 *   DV3  Changing what is said of devices needs a right on resourceclaims/driver with the driver's name: the verb with
 *        "arbitrary-node:" before it, or "associated-node:" for a service account on the node that the claim is tied to.
 */
import { forbidden } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'
import type { AllocatedDeviceStatus, ResourceClaim, ResourceClaimTemplate } from '../../../api/groups/resource-v1/types.ts'
import type { Attributes, Authorizer } from '../access/authorizer.ts'
import { invalid } from '../http/api-error.ts'
import { sameValue } from '../registry/object-equality.ts'
import type { AdmissionPlugin, AdmissionRequest, ObjectReader } from './admission.ts'
import { shownName } from './admission.ts'

const label = 'resource.kubernetes.io/admin-access'
const nodeNameKey = 'authentication.kubernetes.io/node-name'
const verbs = ['update', 'patch'] as const

export function deviceRights(reader: ObjectReader, authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'DeviceRights',
    concerns: ({ group, resource, subresource, operation }) => group === 'resource.k8s.io' && (
      (operation === 'CREATE' && (resource === 'resourceclaims' || resource === 'resourceclaimtemplates'))
      || (operation === 'UPDATE' && resource === 'resourceclaims' && subresource === 'status')),
    async validate(request) {
      const errors = request.operation === 'CREATE' ? adminErrors(request, adminRequest(request), reader) : await statusErrors(request, reader, authorizer)
      if (errors.length > 0) throw invalid(request.kind, shownName(request), errors)
    },
  }
}

/** DV1: where access of administrators is asked for. */
function adminRequest({ object, resource }: AdmissionRequest): string | undefined {
  const spec = resource === 'resourceclaims' ? (object as unknown as ResourceClaim).spec : (object as unknown as ResourceClaimTemplate).spec.spec
  const index = (spec.devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess === true)
  return index === -1 ? undefined : `spec.devices.requests[${index}].adminAccess`
}

function adminErrors({ namespace }: AdmissionRequest, path: string | undefined, reader: ObjectReader): FieldError[] {
  if (path === undefined || reader.get({ group: '', resource: 'namespaces' }, '', namespace)?.metadata.labels?.[label] === 'true') return []
  return [forbidden(path, `admin access to devices requires the \`${label}: true\` label on the containing namespace`)]
}

async function statusErrors(request: AdmissionRequest, reader: ObjectReader, authorizer: Authorizer): Promise<FieldError[]> {
  const now = (request.object as unknown as ResourceClaim).status ?? {}
  const was = (request.oldObject as unknown as ResourceClaim).status ?? {}
  const granted = (status: typeof now) => (status.allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess === true)
  const errors = granted(was) !== -1 || granted(now) === -1 ? [] : adminErrors(request, `status.allocation.devices.results[${granted(now)}].adminAccess`, reader) // DV1
  if (!sameValue(now.allocation, was.allocation) || !sameValue(now.reservedFor ?? [], was.reservedFor ?? [])) {
    const refusal = await refusalOf(request, verbs, { subresource: 'binding', namespace: '', name: '' }, authorizer)
    if (refusal !== undefined) errors.push(forbidden('status.allocation', `changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: ${refusal}`)) // DV2
  }
  if (now.allocation === undefined) return errors
  for (const driver of changedDrivers(now.devices ?? [], was.devices ?? [])) {
    const prefixes = [...(isOnNode(request, nodeOf(now)) ? ['associated-node:'] : []), 'arbitrary-node:']
    const refusal = await refusalOf(request, prefixes.flatMap(prefix => verbs.map(verb => `${prefix}${verb}`)), { subresource: 'driver', namespace: request.namespace, name: driver }, authorizer)
    if (refusal !== undefined) errors.push(forbidden('status.devices', `changing status.devices requires resource="resourceclaims/driver", verb="[${prefixes.map(prefix => `${prefix}update`).join(' ')}]" permission: ${refusal}`)) // DV3
  }
  return errors
}

/** Undefined when one of the verbs is allowed; otherwise the text of the first refusal. */
async function refusalOf({ user, group, version }: AdmissionRequest, wanted: readonly string[], place: Pick<Attributes, 'subresource' | 'namespace' | 'name'>, authorizer: Authorizer): Promise<string | undefined> {
  let reason: string | undefined
  for (const verb of wanted) {
    const verdict = await authorizer.authorize({ user, verb, isResourceRequest: true, group, version, resource: 'resourceclaims', path: '', fieldSelector: '', labelSelector: '', ...place })
    if (verdict.decision === 'allow') return undefined
    reason ??= verdict.reason
  }
  const { name, namespace, subresource } = place
  const named = name === '' ? '' : ` ${JSON.stringify(name)}`
  const scope = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`
  const subject = name === '' ? `resourceclaims.${group}` : `resourceclaims.${group}${named}`
  return `${subject} is forbidden: User ${JSON.stringify(user.name)} cannot ${wanted[0]} resource "resourceclaims/${subresource}" in API group ${JSON.stringify(group)} ${scope}${reason === undefined || reason === '' ? '' : `: ${reason}`}`
}

function changedDrivers(now: readonly AllocatedDeviceStatus[], was: readonly AllocatedDeviceStatus[]): readonly string[] {
  const keyOf = ({ driver, pool, device, shareID }: AllocatedDeviceStatus) => [driver, pool, device, shareID].join(' ')
  const isIn = (list: readonly AllocatedDeviceStatus[], device: AllocatedDeviceStatus) => list.some(other => keyOf(other) === keyOf(device) && sameValue(other, device))
  return [...new Set([...now.filter(device => !isIn(was, device)), ...was.filter(device => !isIn(now, device))].map(({ driver }) => driver))].sort()
}

/** The only node that the claim is tied to. */
function nodeOf({ allocation }: ResourceClaim['status']): string | undefined {
  const terms = allocation?.nodeSelector?.nodeSelectorTerms ?? []
  const [term] = terms
  const [field] = term?.matchFields ?? []
  if (terms.length !== 1 || (term?.matchExpressions ?? []).length > 0 || term?.matchFields?.length !== 1 || field?.key !== 'metadata.name' || field.operator !== 'In') return undefined
  return field.values?.length === 1 ? field.values[0] : undefined
}

function isOnNode({ user }: AdmissionRequest, node: string | undefined): boolean {
  const names = user.extra[nodeNameKey] ?? []
  return node !== undefined && user.name.startsWith('system:serviceaccount:') && names.length === 1 && names[0] === node
}
