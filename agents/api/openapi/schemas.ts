/**
 * Definitions as OpenAPI schemas, version 2 or 3.
 *
 *   OA1  Merge keys, patch strategies, list and map types and group-version-kinds stand as x-kubernetes-… extensions.
 *   OA2  Descriptions are handed in; without them a schema has none.
 *   OA3  In version 3 a field that refers to a type does so inside allOf, so that it may have a description of its own.
 */
import { allDefinitions, leafNamed, listedDefinitions, metaDefinition, resourceRows, type Leaf } from '../schema/definitions.ts'
import type { Definition, Field } from '../schema/definition.ts'

export interface TypeDescription {
  readonly description?: string
  readonly fields?: Readonly<Record<string, string>>
}

/** By OpenAPI name. */
export type Descriptions = Readonly<Record<string, TypeDescription>>
export type OpenApiVersion = 2 | 3
export type Schema = Record<string, unknown>

const anyJson = 'Any JSON value.'

export function refPrefix(version: OpenApiVersion): string {
  return version === 3 ? '#/components/schemas/' : '#/definitions/'
}

const leafSchemas: Readonly<Record<Leaf, (version: OpenApiVersion) => Schema>> = {
  string: () => ({ type: 'string' }),
  boolean: () => ({ type: 'boolean' }),
  int32: () => ({ type: 'integer', format: 'int32' }),
  int64: () => ({ type: 'integer', format: 'int64' }),
  number: () => ({ type: 'number', format: 'double' }),
  bytes: () => ({ type: 'string', format: 'byte' }),
  Quantity: version => (version === 3 ? { oneOf: [{ type: 'string' }, { type: 'number' }] } : { type: 'string' }),
  IntOrString: version => (version === 3 ? { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] } : { type: 'string', format: 'int-or-string' }),
  Time: () => ({ type: 'string', format: 'date-time' }),
  MicroTime: () => ({ type: 'string', format: 'date-time' }),
  RawExtension: () => ({ type: 'object' }),
  FieldsV1: () => ({ type: 'object' }),
  JSON: () => ({ description: anyJson }),
  SchemaOrBool: () => ({ description: 'A JSON schema, or a boolean.' }),
  SchemaOrArray: () => ({ description: 'A JSON schema, or a list of them.' }),
  SchemaOrStrings: () => ({ description: 'A JSON schema, or a list of strings.' }),
}

/** The names of everything a set of definitions refers to, themselves included. */
export function reachableFrom(names: Iterable<string>): Set<string> {
  const found = new Set<string>()
  const queue = [...names]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue
    found.add(name)
    const definition = allDefinitions[name]
    if (definition === undefined) continue
    for (const field of Object.values(definition.fields)) {
      for (let each: Field | undefined = field; each !== undefined; each = each.items) if (each.ref !== undefined) queue.push(each.ref)
    }
  }
  return found
}

export function schemaOfDefinition(name: string, version: OpenApiVersion, descriptions: Descriptions): Schema {
  const leaf = leafNamed(name)
  const text = descriptions[name]?.description
  if (leaf !== undefined) return { ...describe(text), ...leafSchemas[leaf](version) }
  if (name === `${metaDefinition}Patch`) return { description: 'The body of a PATCH: its form is that of its content type.', type: 'object' }
  const definition = allDefinitions[name]
  if (definition === undefined) throw new Error(`no definition is named ${name}`)
  const properties: Schema = {}
  for (const [field, shape] of Object.entries(definition.fields)) {
    const fallback = shape.ref === undefined ? undefined : descriptions[shape.ref]?.description // clients' models drop the text of a field that refers
    properties[field] = schemaOfField(shape, version, descriptions[name]?.fields?.[field] ?? fallback)
  }
  return {
    ...describe(text),
    type: 'object',
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(definition.required === undefined ? {} : { required: [...definition.required].sort() }),
    ...(definition.mapType === undefined ? {} : { 'x-kubernetes-map-type': definition.mapType }),
    ...groupVersionKinds(name, definition),
  }
}

function groupVersionKinds(name: string, { gvk }: Definition): Schema {
  if (gvk === undefined) return {}
  const [group, version, kind] = gvk
  if (name === `${metaDefinition}DeleteOptions` || name === `${metaDefinition}WatchEvent`) {
    const all = new Map([['/v1', { group: '', kind, version: 'v1' }]])
    for (const row of resourceRows) all.set(`${row.group}/${row.version}`, { group: row.group, kind, version: row.version })
    return { 'x-kubernetes-group-version-kind': [...all.values()] }
  }
  return { 'x-kubernetes-group-version-kind': [{ group, kind, version }] }
}

function describe(text: string | undefined): Schema {
  return text === undefined ? {} : { description: text }
}

function schemaOfField(field: Field, version: OpenApiVersion, description?: string): Schema {
  return { ...describe(description), ...typeOfField(field, version), ...extensions(field) }
}

function typeOfField(field: Field, version: OpenApiVersion): Schema {
  if (field.ref !== undefined) {
    const $ref = `${refPrefix(version)}${field.ref}`
    return version === 3 ? { allOf: [{ $ref }] } : { $ref }
  }
  switch (field.type) {
    case 'array': return { type: 'array', items: itemSchema(field.items!, version) }
    case 'map': return { type: 'object', additionalProperties: itemSchema(field.items!, version) }
    case undefined: return {}
    default: return { type: field.type, ...(field.format === undefined ? {} : { format: field.format }) }
  }
}

function itemSchema(field: Field, version: OpenApiVersion): Schema {
  return field.ref === undefined ? typeOfField(field, version) : version === 3 ? { allOf: [{ $ref: `${refPrefix(version)}${field.ref}` }] } : { $ref: `${refPrefix(version)}${field.ref}` }
}

/** OA1 */
function extensions(field: Field): Schema {
  return {
    ...(field.listMapKeys === undefined ? {} : { 'x-kubernetes-list-map-keys': field.listMapKeys }),
    ...(field.listType === undefined ? {} : { 'x-kubernetes-list-type': field.listType }),
    ...(field.mapType === undefined ? {} : { 'x-kubernetes-map-type': field.mapType }),
    ...(field.patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': field.patchMergeKey }),
    ...(field.patchStrategy === undefined ? {} : { 'x-kubernetes-patch-strategy': field.patchStrategy }),
  }
}

export function allSchemaNames(): string[] {
  const refs = reachableFrom(Object.keys(listedDefinitions))
  refs.add(`${metaDefinition}Patch`)
  return [...refs].sort()
}
