/**
 * Renders definitions as OpenAPI schemas, in one of two dialects.
 *
 *   OS1  v3 wraps a reference that has anything beside it in allOf; v2 puts them side by side.
 *   OS2  v3 states defaults: {} for a struct that is always there, the zero value for a field that is always written
 *        and for the items of lists and maps, and what a type declares itself. v2 states none: its readers know none.
 *   OS3  What merges and applies need is stated in both: patch strategy and merge key, list type and its keys, map type.
 *   OS4  Options, Status and watch events belong to every group version that the document is about.
 */
import { finish, type Steps } from '../../base/steps.ts'
import type { Definition, Field } from '../schema/definition.ts'
import { type FieldShape, leafNamed, metaDefinition, shapeOf } from '../schema/definitions.ts'
import { type ApiDescriptions, describeField, describeType } from './descriptions.ts'
import { enumerationOf } from './enumerations.ts'
import { scalarSchema } from './scalar-schemas.ts'

export type Schema = Readonly<Record<string, unknown>>
export type Dialect = 'v2' | 'v3'

export interface GroupVersion {
  readonly group: string
  readonly version: string
}

export interface SchemaContext {
  readonly dialect: Dialect
  readonly descriptions: ApiDescriptions
  /** Every group version that the document is about (OS4). */
  readonly groupVersions: readonly GroupVersion[]
}

/** Defaults that a type declares, beyond its fields' zero values: type, field, value. */
const declaredDefaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  AzureDiskVolumeSource: { cachingMode: 'ReadWrite', fsType: 'ext4', kind: 'Shared', readOnly: false },
  ConfigMapEnvSource: { name: '' },
  ConfigMapKeySelector: { name: '' },
  ConfigMapProjection: { name: '' },
  ConfigMapVolumeSource: { name: '' },
  ContainerPort: { protocol: 'TCP' },
  FileKeySelector: { optional: false },
  GRPCAction: { service: '' },
  ISCSIPersistentVolumeSource: { iscsiInterface: 'default' },
  ISCSIVolumeSource: { iscsiInterface: 'default' },
  LocalObjectReference: { name: '' },
  RBDPersistentVolumeSource: { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' },
  RBDVolumeSource: { keyring: '/etc/ceph/keyring', pool: 'rbd', user: 'admin' },
  ScaleIOPersistentVolumeSource: { fsType: 'xfs', storageMode: 'ThinProvisioned' },
  ScaleIOVolumeSource: { fsType: 'xfs', storageMode: 'ThinProvisioned' },
  ReplicationControllerSpec: { minReadySeconds: 0, replicas: 1 },
  SecretEnvSource: { name: '' },
  SecretKeySelector: { name: '' },
  SecretProjection: { name: '' },
  ServicePort: { protocol: 'TCP' },
}

const declaredElsewhere: typeof declaredDefaults = {
  'io.k8s.api.autoscaling.v1.ScaleSpec': { replicas: 0 },
  'io.k8s.api.resource.v1.DeviceToleration': { operator: 'Equal' },
}

/** Fields that upstream has no words for, not even those of their type. */
const wordless: Readonly<Record<string, readonly string[]>> = {
  'io.k8s.api.networking.v1.IngressRule': ['http'],
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps': ['additionalItems', 'additionalProperties', 'example', 'externalDocs', 'items', 'not'],
}

const inEveryGroup = new Set([`${metaDefinition}DeleteOptions`, `${metaDefinition}WatchEvent`])

export const versionDefinition = 'io.k8s.apimachinery.pkg.version.Info'

const versionFields = ['major', 'minor', 'gitVersion', 'gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform']
const optionalVersionFields = ['emulationMajor', 'emulationMinor', 'minCompatibilityMajor', 'minCompatibilityMinor']

export function schemaReference(name: string, dialect: Dialect): { readonly $ref: string } {
  return { $ref: `${dialect === 'v3' ? '#/components/schemas/' : '#/definitions/'}${name}` }
}

/** Schemas of the named types and of all that they refer to, by name in alphabetical order. */
export function renderSchemas(roots: Iterable<string>, context: SchemaContext): Record<string, Schema> {
  return finish(renderSchemasSteps(roots, context))
}

export function* renderSchemasSteps(roots: Iterable<string>, context: SchemaContext): Steps<Record<string, Schema>> {
  const found = new Map<string, Schema>()
  const waiting = [...roots]
  while (waiting.length > 0) {
    const name = waiting.pop()!
    if (found.has(name)) continue
    found.set(name, renderSchema(name, context, waiting))
    yield
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Names of types that it refers to are pushed onto refers. */
function renderSchema(name: string, context: SchemaContext, refers: string[]): Schema {
  const scalar = scalarSchema(name, context.dialect)
  if (scalar !== undefined) return scalar
  if (name === versionDefinition) return versionSchema(context)
  const { definition, fields } = shapeOf(name)
  const description = describeType(context.descriptions, name)
  const properties: Record<string, Schema> = {}
  for (const field of fields.values()) properties[field.name] = propertySchema(name, field, context, refers)
  const kinds = groupVersionKinds(name, definition, context)
  return {
    ...(description === undefined ? {} : { description }),
    ...(fields.size === 0 ? {} : { properties }),
    ...(definition.required === undefined ? {} : { required: definition.required }),
    type: 'object',
    ...(kinds === undefined ? {} : { 'x-kubernetes-group-version-kind': kinds }),
    ...(definition.mapType === undefined ? {} : { 'x-kubernetes-map-type': definition.mapType }),
    ...(definition.unions === undefined ? {} : { 'x-kubernetes-unions': definition.unions.map(({ discriminator, fields: chosen }) => ({ ...(discriminator === undefined ? {} : { discriminator }), 'fields-to-discriminateBy': chosen })) }),
  }
}

function groupVersionKinds(name: string, definition: Definition, context: SchemaContext): readonly object[] | undefined {
  if (definition.gvk === undefined) return undefined
  const [group, version, kind] = definition.gvk
  if (!inEveryGroup.has(name)) return [{ group, kind, version }]
  return context.groupVersions.map(served => ({ group: served.group, kind, version: served.version })) // OS4
}

function propertySchema(type: string, shape: FieldShape, context: SchemaContext, refers: string[]): Schema {
  const { field } = shape
  const values = field.type === 'string' ? enumerationOf(type, shape.goType) : undefined
  const words = wordless[type]?.includes(shape.name) === true ? undefined : withValues(wordsFor(type, shape, context.descriptions), values)
  return valueSchema(field, { type, goType: shape.goType }, context, refers, {
    ...(words === undefined ? {} : { description: words }),
    ...(context.dialect === 'v3' ? defaultOf(type, shape) : {}), // OS2
    ...(values === undefined ? {} : { enum: values }),
    ...extensionsOf(field),
  })
}

/** A field that only refers to a type may have no words of its own; then the type's say what it holds. */
function wordsFor(type: string, { name, field }: FieldShape, descriptions: ApiDescriptions): string | undefined {
  return describeField(descriptions, type, name) ?? (field.ref === undefined ? undefined : describeType(descriptions, field.ref))
}

function withValues(description: string | undefined, values: readonly string[] | undefined): string | undefined {
  if (description === undefined || values === undefined) return description
  return `${description}\n\nPossible enum values:\n${values.map(value => ` - \`"${value}"\``).join('\n')}`
}

function defaultOf(type: string, shape: FieldShape): { readonly default?: unknown } {
  const declared = type.startsWith('io.k8s.api.core.') ? declaredDefaults[type.slice(type.lastIndexOf('.') + 1)] : declaredElsewhere[type]
  if (declared !== undefined && Object.hasOwn(declared, shape.name)) return { default: declared[shape.name] }
  if (shape.held === 'struct' && shape.value.is === 'object') return { default: {} }
  return shape.held === 'scalar' && shape.always ? zeroOf(shape.field) : {}
}

function zeroOf(field: Field): { readonly default?: unknown } {
  if (field.ref !== undefined) return {}
  if (field.type === 'string') return field.format === 'byte' ? {} : { default: '' }
  if (field.type === 'integer' || field.type === 'number') return { default: 0 }
  return field.type === 'boolean' ? { default: false } : {}
}

function extensionsOf(field: Field): Schema {
  return { // OS3
    ...(field.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
    ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  }
}

interface Place {
  /** The definition that the field belongs to. */
  readonly type: string
  readonly goType: string
}

/** beside: what else is said of this place: description, default, extensions. */
function valueSchema(field: Field, place: Place, context: SchemaContext, refers: string[], beside: Schema): Schema {
  if (field.ref !== undefined) {
    refers.push(field.ref)
    const reference = schemaReference(field.ref, context.dialect)
    if (context.dialect === 'v2') return { ...reference, ...beside } // OS1
    return Object.keys(beside).length === 0 ? reference : { allOf: [reference], ...beside }
  }
  if (field.type === 'array') return { ...beside, items: itemSchema(field.items!, place, context, refers), type: 'array' }
  if (field.type === 'map') return { ...beside, additionalProperties: itemSchema(field.items!, place, context, refers), type: 'object' }
  return { ...beside, ...(field.format === undefined ? {} : { format: field.format }), type: field.type ?? 'object' }
}

function itemSchema(items: Field, place: Place, context: SchemaContext, refers: string[]): Schema {
  const goType = place.goType.replace(/^(?:\[\]|map\[[^\]]*\])/, '')
  const values = items.type === 'string' ? enumerationOf(place.type, goType) : undefined
  const isStruct = items.ref !== undefined && leafNamed(items.ref) === undefined
  const implied = context.dialect === 'v2' ? {} : isStruct ? { default: {} } : zeroOf(items) // OS2
  return valueSchema(items, { type: place.type, goType }, context, refers, { ...implied, ...(values === undefined ? {} : { enum: values }) })
}

function versionSchema({ descriptions, dialect }: SchemaContext): Schema {
  const property = (field: string): Schema => {
    const description = describeField(descriptions, versionDefinition, field)
    return { ...(description === undefined ? {} : { description }), ...(dialect === 'v3' && versionFields.includes(field) ? { default: '' } : {}), type: 'string' }
  }
  const description = describeType(descriptions, versionDefinition)
  return {
    ...(description === undefined ? {} : { description }),
    properties: Object.fromEntries([...versionFields, ...optionalVersionFields].sort().map(field => [field, property(field)])),
    required: versionFields,
    type: 'object',
  }
}
