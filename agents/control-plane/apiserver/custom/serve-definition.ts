/**
 * The resources that one definition makes: one ServedResource a version, all over one store.
 *
 *   SD1  A terminating definition still answers, but discovery shows only what can still be done with it.
 *   SD2  Schemas are compiled once for each change of the definition.
 */
import { createHash } from 'node:crypto'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../../../api/groups/apiextensions-v1/types.ts'
import type { KubernetesObject } from '../../../api/kubernetes-object.ts'
import type { ResourceRow } from '../../../api/schema/definition.ts'
import { compileSchema, hasManyRules } from '../../../api/structural/compile-schema.ts'
import type { CompiledSchema } from '../../../api/structural/compile-schema.ts'
import { EmbeddedObjectError } from '../../../api/structural/embedded-objects.ts'
import { fieldErrorText } from '../../../api/field-error.ts'
import { applySchemaOfStructural } from '../../../wire/apply/apply-schema.ts'
import { badRequest } from '../http/api-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { CustomVersion, ServedResource } from '../registry/served-resource.ts'
import type { ResourceCache } from '../watch-cache/resource-cache.ts'
import { conversionOf } from './conversion.ts'
import type { ConvertObjects } from './conversion.ts'
import { customKind, scalePaths } from './custom-kind.ts'
import type { CustomKind } from './custom-kind.ts'
import { deprecationOf, isTrue, storedVersion } from './definition.ts'

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const lastVerbs = ['delete', 'deletecollection', 'get', 'list', 'watch']
const partVerbs = ['get', 'patch', 'update']

/** SD2 */
export function compileSchemas({ spec }: CustomResourceDefinition): ReadonlyMap<string, CompiledSchema> {
  return new Map(spec.versions.map(version => [version.name, compileSchema(version.schema?.openAPIV3Schema ?? anything, spec.preserveUnknownFields === true)]))
}

export interface ServingParts {
  readonly schemas: ReadonlyMap<string, CompiledSchema>
  readonly cache: ResourceCache
  readonly webhook: ConvertObjects | undefined
  readonly settled: () => Promise<void>
}

export interface ServedVersion {
  readonly resource: ServedResource
  /** As discovery shows it; undefined while the definition is not established. */
  readonly row: ResourceRow | undefined
  readonly version: CustomResourceDefinitionVersion
}

/** Of every version, served or not: the one that is stored may be neither. */
export function serveVersions(definition: CustomResourceDefinition, parts: ServingParts): readonly ServedVersion[] {
  const versions = new Map<string, ServedResource>()
  return definition.spec.versions.map(version => {
    const alone = servedResource(definition, version, parts)
    const resource = definition.spec.versions.length === 1 ? alone : { ...alone, versions: () => versions }
    versions.set(resource.apiVersion, resource)
    return { resource, row: discoveryRow(definition, version), version }
  })
}

function rowOf({ spec, status }: CustomResourceDefinition, version: CustomResourceDefinitionVersion): ResourceRow {
  const names = status.acceptedNames ?? spec.names
  const stored = spec.versions.find(each => each.storage)
  return {
    group: spec.group,
    version: version.name,
    resource: spec.names.plural,
    kind: spec.names.kind,
    singular: names.singular ?? '',
    namespaced: spec.scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    verbs,
    subresources: [
      ...(version.subresources?.status === undefined ? [] : [{ name: 'status', group: '', version: '', kind: spec.names.kind, verbs: partVerbs }]),
      ...(version.subresources?.scale === undefined ? [] : [{ name: 'scale', group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: partVerbs }]),
    ],
    storageVersionHash: stored === undefined ? null : createHash('sha256').update(`${spec.group}/${stored.name}/${spec.names.kind}`).digest().subarray(0, 8).toString('base64'),
  }
}

function discoveryRow(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion): ResourceRow | undefined {
  if (!isTrue(definition, 'Established')) return undefined
  const row = rowOf(definition, version)
  return isTrue(definition, 'Terminating') ? { ...row, verbs: lastVerbs } : row // SD1
}

/** The rules of one version alone. */
export function customRules(definition: CustomResourceDefinition, name: string): CustomKind {
  const version = definition.spec.versions.find(each => each.name === name)!
  return customKind(definition, version, rowOf(definition, version), compileSchema(version.schema?.openAPIV3Schema ?? anything, definition.spec.preserveUnknownFields === true))
}

/** What a definition is called where its states are told apart, and its text, made when it is first wanted. */
function sourceOf(definition: CustomResourceDefinition): () => { readonly key: string; readonly definition: string } {
  const { uid, resourceVersion } = definition.metadata
  let text: string | undefined
  return () => ({ key: `${uid}/${resourceVersion}`, definition: (text ??= JSON.stringify(definition)) })
}

function servedResource(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, parts: ServingParts): ServedResource {
  const { spec } = definition
  const row = rowOf(definition, version)
  const schema = parts.schemas.get(version.name)!
  const kind = customKind(definition, version, row, schema)
  return {
    group: spec.group,
    version: version.name,
    resource: spec.names.plural,
    kind: spec.names.kind,
    apiVersion: `${spec.group}/${version.name}`,
    namespaced: spec.scope === 'Namespaced',
    row,
    rules: kind,
    definition: '',
    cache: parts.cache,
    isCustom: true,
    custom: customVersion(definition, version, schema, kind, parts),
  }
}

function customVersion(definition: CustomResourceDefinition, version: CustomResourceDefinitionVersion, schema: CompiledSchema, kind: ReturnType<typeof customKind>, parts: ServingParts): CustomVersion {
  const { spec, status } = definition
  const storedApiVersion = `${spec.group}/${storedVersion(definition).name}`
  const isAlone = spec.versions.length === 1 && (status.storedVersions ?? []).every(name => name === version.name)
  const scale = scalePaths(version)
  const preserves = spec.preserveUnknownFields === true
  return {
    admit: object => admit(object, schema, `${spec.names.kind} in version "${version.name}" cannot be handled as a ${spec.names.kind}`),
    ...(isAlone ? {} : { conversion: conversionOf({ definition, version, storedApiVersion, schemas: parts.schemas, webhook: parts.webhook }) }),
    applySchema: applySchemaOfStructural(preserves ? { ...schema.schema, 'x-kubernetes-preserve-unknown-fields': true } : schema.schema),
    listKind: (spec.names.listKind ?? '') === '' ? `${spec.names.kind}List` : spec.names.listKind!,
    hasStatus: version.subresources?.status !== undefined,
    ...(scale === undefined ? {} : { scale }),
    fieldPaths: Object.keys(kind.selectableFields),
    deprecation: deprecationOf(version, definition),
    isTerminating: isTrue(definition, 'Terminating'),
    settled: parts.settled,
    hasManyRules: hasManyRules(schema.schema),
    source: sourceOf(definition),
    validateUpdate: (next, old, warn) => kind.validateChange(whole(next), whole(old), warn),
    validateStatusUpdate: (next, old, warn) => kind.validateStatusChange(whole(next), whole(old), warn),
  }
}

function admit(object: KubeObject, schema: CompiledSchema, what: string): readonly string[] {
  try {
    return schema.admit(object)
  } catch (error) {
    if (!(error instanceof EmbeddedObjectError)) throw error
    throw badRequest(`${what}: ${fieldErrorText(error.error)}`)
  }
}

function whole(object: KubeObject): KubernetesObject {
  return object as unknown as KubernetesObject
}
