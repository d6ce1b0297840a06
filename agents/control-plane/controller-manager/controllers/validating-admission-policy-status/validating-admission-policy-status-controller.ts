/**
 * ValidatingAdmissionPolicy status: says in the policy's status what its expressions get wrong about the kinds it names.
 *
 * Reads   ValidatingAdmissionPolicies, and of custom kinds the API server's OpenAPI documents
 * Writes  ValidatingAdmissionPolicy status (apply)          Woken   by policies
 *
 *   VS1  A generation is checked once; observedGeneration says which.
 *   VS2  A kind that cannot be found is left out: type checking must not change what a policy does.
 */
import { celTypeOfSchema } from '../../../../api/cel/cel.ts'
import type { CelType, StructuralSchema } from '../../../../api/cel/cel.ts'
import { celTypeOfDefinition } from '../../../../api/groups/admissionregistration-v1/definition-type.ts'
import { checkPolicyTypes, resourcesToCheck } from '../../../../api/groups/admissionregistration-v1/type-checking.ts'
import type { CheckedKind } from '../../../../api/groups/admissionregistration-v1/type-checking.ts'
import { validatingAdmissionPolicies } from '../../../../api/resources.ts'
import { definitionFor, resourceRows } from '../../../../api/schema/definitions.ts'
import type { Client } from '../../../../machinery/client.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'

const manager = 'validatingadmissionpolicy-status'
const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

export const validatingAdmissionPolicyStatusController: Controller = {
  name: 'validatingadmissionpolicy-status-controller',
  reconciles: validatingAdmissionPolicies,
  reconcile,
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const policy = deps.cache.get(validatingAdmissionPolicies, key)
  if (policy === undefined || policy.metadata.deletionTimestamp !== undefined) return done
  const generation = policy.metadata.generation ?? 0
  if (generation <= (policy.status?.observedGeneration ?? 0)) return done // VS1
  const kinds = await Promise.all(resourcesToCheck(policy.spec.matchConstraints).map(of => kindOfResource(of, deps.client, signal)))
  const params = policy.spec.paramKind === undefined ? undefined : await typeOfParams(policy.spec.paramKind, deps.client, signal)
  const warnings = checkPolicyTypes(policy.spec, kinds.filter(kind => kind !== undefined), params)
  const status = { observedGeneration: generation, typeChecking: warnings.length === 0 ? {} : { expressionWarnings: warnings } }
  const applied = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy', metadata: { name: key.name }, status }
  await deps.client.patch(validatingAdmissionPolicies, key, applied, { patchType: 'apply', force: true, fieldManager: manager, subresource: 'status' }, signal)
  return done
}

async function kindOfResource(of: { readonly group: string; readonly version: string; readonly resource: string }, client: Client, signal: AbortSignal): Promise<CheckedKind | undefined> {
  const row = resourceRows.find(each => each.group === of.group && each.version === of.version && each.resource === of.resource)
  const definition = row === undefined ? undefined : definitionFor(row.group, row.version, row.kind)
  if (row !== undefined) return definition === undefined ? undefined : { group: of.group, version: of.version, kind: row.kind, type: celTypeOfDefinition(definition) }
  const listed = (await read(client, `/apis/${of.group}/${of.version}`, signal)) as { resources?: { name: string; kind: string }[] } | undefined
  const kind = listed?.resources?.find(each => each.name === of.resource)?.kind
  const type = kind === undefined ? undefined : await typeOfCustom({ group: of.group, version: of.version, kind }, client, signal)
  return kind === undefined || type === undefined ? undefined : { group: of.group, version: of.version, kind, type } // VS2
}

async function typeOfParams({ apiVersion = '', kind = '' }: { readonly apiVersion?: string; readonly kind?: string }, client: Client, signal: AbortSignal): Promise<CelType | undefined> {
  const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion]
  const definition = definitionFor(group, version, kind)
  return definition === undefined ? await typeOfCustom({ group, version, kind }, client, signal) : celTypeOfDefinition(definition)
}

interface OpenApiDocument {
  readonly components?: { readonly schemas?: Readonly<Record<string, StructuralSchema & { readonly 'x-kubernetes-group-version-kind'?: readonly { readonly group: string; readonly version: string; readonly kind: string }[] }>> }
}

async function typeOfCustom(of: { readonly group: string; readonly version: string; readonly kind: string }, client: Client, signal: AbortSignal): Promise<CelType | undefined> {
  const document = (await read(client, `/openapi/v3/apis/${of.group}/${of.version}`, signal)) as OpenApiDocument | undefined
  const schema = Object.values(document?.components?.schemas ?? {}).find(each => each['x-kubernetes-group-version-kind']?.some(gvk => gvk.group === of.group && gvk.version === of.version && gvk.kind === of.kind))
  if (schema === undefined) return undefined
  const { metadata: _metadata, ...properties } = schema.properties ?? {}
  const type = celTypeOfSchema({ ...schema, properties }, { name: of.kind, isResourceRoot: true })
  if (type.kind !== 'object') return type
  return { ...type, fields: new Map([...type.fields, ['metadata', { type: celTypeOfDefinition(objectMeta), jsonName: 'metadata' }]]) }
}

/** undefined for whatever does not answer (VS2). */
async function read(client: Client, path: string, signal: AbortSignal): Promise<unknown> {
  const reply = await client.raw({ method: 'GET', path, headers: { accept: 'application/json' }, signal })
  return reply.status === 200 ? JSON.parse(reply.body) : undefined
}
