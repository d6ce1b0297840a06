/**
 * A custom resource's schema as OpenAPI documents show it.
 * Upstream: apiextensions-apiserver/pkg/controller/openapi/{builder,v2}.
 *
 *   PB1  v3 shows the schema as it is; an int-or-string spells out that it is either. A schema that is not structural is shown
 *        as an object of any shape.
 *   PB2  v2 shows what its readers can bear: no junctors; what may be null has no type, and what preserves unknown fields has
 *        no fields, since kubectl would refuse what it does not find there. No defaults.
 *   PB3  An object, and an embedded one, has apiVersion, kind and metadata, whatever its author said of them.
 */
import type { Dialect } from '../openapi/schemas.ts'
import { schemaReference } from '../openapi/schemas.ts'
import { isPlainObject } from '../schema/clone.ts'
import { additionalOf, isEmbedded, isIntOrString, itemsOf, preservesUnknown, type Schema } from './schema.ts'
import { isStructural } from './structurality.ts'

type Rendered = Record<string, unknown>

export interface PublishedKind {
  readonly group: string
  readonly version: string
  readonly kind: string
}

/** Words for the fields that all objects have. */
export interface ObjectWords {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata?: string
}

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const either = [{ type: 'integer' }, { type: 'string' }]

export function publishedSchema(schema: Schema | undefined, of: PublishedKind, dialect: Dialect, words: ObjectWords, preservesAll = false): Rendered {
  const kinds = { 'x-kubernetes-group-version-kind': [{ group: of.group, kind: of.kind, version: of.version }] }
  if (schema === undefined || !isStructural(schema) || (dialect === 'v2' && (preservesUnknown(schema) || preservesAll))) return { type: 'object', ...kinds } // PB1
  const rendered = render(schema, dialect, words)
  return { ...rendered, properties: { ...(rendered['properties'] as Rendered | undefined), ...objectFields(dialect, words) }, ...kinds } // PB3
}

function objectFields(dialect: Dialect, words: ObjectWords): Rendered {
  const described = (description: string | undefined) => (description === undefined ? {} : { description })
  const reference = schemaReference(objectMeta, dialect)
  const metadata = dialect === 'v2' || words.metadata === undefined ? { ...reference, ...described(words.metadata) } : { allOf: [reference], ...described(words.metadata) }
  return { apiVersion: { ...described(words.apiVersion), type: 'string' }, kind: { ...described(words.kind), type: 'string' }, metadata }
}

function render(schema: Schema, dialect: Dialect, words: ObjectWords): Rendered {
  const result: Rendered = {}
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || key === 'items' || key === 'properties' || key === 'additionalProperties') continue
    result[key] = value
  }
  const items = itemsOf(schema)
  const additional = additionalOf(schema)
  if (items !== undefined) result['items'] = render(items, dialect, words)
  if (schema.properties !== undefined) result['properties'] = Object.fromEntries(Object.entries(schema.properties).map(([name, property]) => [name, render(property, dialect, words)]))
  if (additional !== undefined) result['additionalProperties'] = render(additional, dialect, words)
  else if (schema.additionalProperties !== undefined) result['additionalProperties'] = schema.additionalProperties
  if (isIntOrString(schema)) unfold(result, schema)
  if (dialect === 'v2') simplify(result, schema)
  if (isEmbedded(schema) && !(dialect === 'v2' && preservesUnknown(schema))) embed(result, dialect, words)
  return result
}

/** PB1 */
function unfold(result: Rendered, schema: Schema): void {
  const isSaid = (anyOf: readonly Schema[] | undefined) => anyOf?.length === 2 && anyOf[0]!.type === 'integer' && anyOf[1]!.type === 'string'
  if (isSaid(schema.anyOf) || isSaid(schema.allOf?.[0]?.anyOf)) return
  if (schema.anyOf === undefined) result['anyOf'] = either
  else result['allOf'] = [{ anyOf: either }, ...(schema.allOf ?? [])]
}

/** PB2 */
function simplify(result: Rendered, schema: Schema): void {
  for (const key of ['allOf', 'anyOf', 'oneOf', 'not', 'default', 'nullable']) delete result[key]
  if (schema.nullable === true) for (const key of ['type', 'items', 'properties']) delete result[key]
  if (preservesUnknown(schema)) {
    for (const key of ['items', 'properties']) delete result[key]
    if (result['type'] === 'object') delete result['type']
  }
  if (result['type'] === 'array' && result['items'] === undefined) delete result['type']
  const mayBeNull = new Set(Object.entries(schema.properties ?? {}).filter(([, property]) => property.nullable === true).map(([name]) => name))
  if (Array.isArray(result['required']) && mayBeNull.size > 0) {
    const rest = result['required'].filter(name => !mayBeNull.has(name as string))
    if (rest.length > 0) result['required'] = rest
    else delete result['required']
  }
  if (additionalOf(schema)?.nullable === true) delete result['required']
}

/** PB3 */
function embed(result: Rendered, dialect: Dialect, words: ObjectWords): void {
  result['properties'] = { ...(isPlainObject(result['properties']) ? result['properties'] : {}), ...objectFields(dialect, words) }
  const required = Array.isArray(result['required']) ? (result['required'] as string[]) : []
  result['required'] = [...required, ...['kind', 'apiVersion'].filter(name => !required.includes(name))]
}
