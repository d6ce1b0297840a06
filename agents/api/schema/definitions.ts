/**
 * Looks up definitions by OpenAPI name or by group, version and kind, and compiles each into the Shape that the walkers
 * (decoding, protobuf, patches, apply) read.
 *
 * presence.json says, for every field, how upstream's type holds it, because that decides what its encoder writes:
 *
 *   p pointer: absent or any value          v scalar: zero means absent
 *   s struct: always written                l scalar made of a struct (Time, Quantity, IntOrString…): always written
 *   c list or map: empty means absent       b bytes: empty means absent
 *   ! no omitempty: always written          z omitzero: zero means absent, struct or not
 *   k empty is told from absent until the object is judged, and is absent where it is kept
 *   n always written, as null when empty, and may be empty in an object that is valid
 *
 * After a blank comes the Go type, which type errors quote.
 */
import definitionData from './definitions.json' with { type: 'json' }
import presenceData from './presence.json' with { type: 'json' }
import resourceData from './resources.json' with { type: 'json' }
import type { Definition, Definitions, Field, ResourceRow } from './definition.ts'

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1.'

/** Types that clients may ask for but that no OpenAPI document lists. */
const partialObjects: Definitions = {
  [`${metaV1}PartialObjectMetadata`]: {
    fields: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { ref: `${metaV1}ObjectMeta`, proto: [1] } },
    gvk: ['meta.k8s.io', 'v1', 'PartialObjectMetadata'],
  },
  [`${metaV1}PartialObjectMetadataList`]: {
    fields: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { ref: `${metaV1}ListMeta`, proto: [1] }, items: { type: 'array', items: { ref: `${metaV1}PartialObjectMetadata` }, proto: [2] } },
    gvk: ['meta.k8s.io', 'v1', 'PartialObjectMetadataList'],
  },
}
const partialPresence = {
  [`${metaV1}PartialObjectMetadata`]: { metadata: 's v1.ObjectMeta' },
  [`${metaV1}PartialObjectMetadataList`]: { metadata: 's v1.ListMeta', items: 'c! []v1.PartialObjectMetadata' },
}

/** As OpenAPI lists them. */
export const listedDefinitions: Definitions = definitionData as unknown as Definitions
export const allDefinitions: Definitions = { ...listedDefinitions, ...partialObjects }
export const resourceRows: readonly ResourceRow[] = resourceData as unknown as ResourceRow[]
const presence: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = { ...(presenceData as unknown as Record<string, Record<string, string>>), ...partialPresence }

export type Leaf =
  | 'string' | 'boolean' | 'int32' | 'int64' | 'number' | 'bytes' | 'Quantity' | 'IntOrString' | 'Time' | 'MicroTime'
  | 'RawExtension' | 'FieldsV1' | 'JSON' | 'SchemaOrBool' | 'SchemaOrArray' | 'SchemaOrStrings'

export type ValueShape =
  | { readonly is: 'leaf'; readonly leaf: Leaf; readonly protoType?: 'uint32' | 'uint64' | 'double' | 'float' }
  | { readonly is: 'object'; readonly definition: string }
  | { readonly is: 'array'; readonly items: ValueShape; readonly wrapped: boolean }
  | { readonly is: 'map'; readonly items: ValueShape }

export interface FieldShape {
  readonly name: string
  /** Place among the fields of its shape. */
  readonly index: number
  readonly value: ValueShape
  readonly held: 'pointer' | 'scalar' | 'struct' | 'structLeaf' | 'collection' | 'bytes'
  readonly always: boolean
  readonly omitZero: boolean
  /** A list that is null when it is empty. */
  readonly nullWhenEmpty: boolean
  /** A list or map that is told from an absent one while the object is judged. */
  readonly keptEmpty: boolean
  readonly goType: string
  readonly field: Field
}

export interface Shape {
  readonly name: string
  /** "PodSpec". */
  readonly shortName: string
  readonly fields: ReadonlyMap<string, FieldShape>
  readonly definition: Definition
}

const leaves: Readonly<Record<string, Leaf>> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'Quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'IntOrString',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'Time',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'MicroTime',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'FieldsV1',
  'io.k8s.apimachinery.pkg.runtime.RawExtension': 'RawExtension',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON': 'JSON',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrBool': 'SchemaOrBool',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrArray': 'SchemaOrArray',
  'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaPropsOrStringArray': 'SchemaOrStrings',
}

export const metaDefinition = metaV1

const shapes = new Map<string, Shape>()
const byGvk = new Map<string, string>()

for (const [name, definition] of Object.entries(allDefinitions)) {
  if (definition.gvk !== undefined) byGvk.set(definition.gvk.join('/'), name)
}

/** Throws for a name that is not in definitions.json: a mistake of the caller, not of a client. */
export function shapeOf(name: string): Shape {
  const known = shapes.get(name)
  if (known !== undefined) return known
  const definition = allDefinitions[name]
  if (definition === undefined || !Object.hasOwn(allDefinitions, name)) throw new Error(`no definition is named ${name}`)
  const fields = new Map(Object.entries(definition.fields).map(([field, schema], index) => [field, fieldShape(name, field, schema, index)]))
  const shape: Shape = { name, shortName: name.slice(name.lastIndexOf('.') + 1), fields, definition }
  shapes.set(name, shape)
  return shape
}

/** OpenAPI name of a whole document's type; options and Status belong to every group, as upstream registers them. */
export function definitionFor(group: string, version: string, kind: string): string | undefined {
  return byGvk.get(`${group}/${version}/${kind}`) ?? (inEveryGroup.has(kind) ? `${metaDefinition}${kind}` : undefined)
}

const inEveryGroup = new Set(['DeleteOptions', 'Status', 'WatchEvent'])

/** Splits "apps/v1" into group and version. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? { group: '', version: apiVersion } : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

export function definitionForApiVersion(apiVersion: string, kind: string): string | undefined {
  const { group, version } = splitApiVersion(apiVersion)
  return definitionFor(group, version, kind)
}

/** Leaf name of a scalar's OpenAPI name, or undefined if the name is a definition's. */
export function leafNamed(ref: string): Leaf | undefined {
  return Object.hasOwn(leaves, ref) ? leaves[ref] : undefined
}

const heldBy = { p: 'pointer', v: 'scalar', s: 'struct', l: 'structLeaf', c: 'collection', b: 'bytes' } as const

function fieldShape(definition: string, name: string, field: Field, index: number): FieldShape {
  const fact = presence[definition]?.[name] ?? 'v string'
  const space = fact.indexOf(' ')
  const flags = fact.slice(0, space)
  return {
    name,
    index,
    value: valueShape(field),
    held: heldBy[flags[0] as keyof typeof heldBy],
    always: flags.includes('!'),
    omitZero: flags.includes('z'),
    nullWhenEmpty: flags.includes('n'),
    keptEmpty: flags.includes('k'),
    goType: fact.slice(space + 1),
    field,
  }
}

function valueShape(field: Field): ValueShape {
  if (field.ref !== undefined) {
    const leaf = leafNamed(field.ref)
    return leaf === undefined ? { is: 'object', definition: field.ref } : { is: 'leaf', leaf }
  }
  switch (field.type) {
    case 'array': return { is: 'array', items: valueShape(field.items!), wrapped: field.wrapped ?? false }
    case 'map': return { is: 'map', items: valueShape(field.items!) }
    case 'boolean': return { is: 'leaf', leaf: 'boolean' }
    case 'integer': return field.protoType === undefined
      ? { is: 'leaf', leaf: field.format === 'int32' ? 'int32' : 'int64' }
      : { is: 'leaf', leaf: 'int64', protoType: field.protoType }
    case 'number': return { is: 'leaf', leaf: 'number', protoType: field.format === 'float' ? 'float' : 'double' }
    default: return { is: 'leaf', leaf: field.format === 'byte' ? 'bytes' : 'string' }
  }
}
