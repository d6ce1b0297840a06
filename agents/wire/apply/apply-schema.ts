/**
 * How apply sees a type: which parts are owned as a whole and which field by field.
 *
 *   AS1  A list is atomic unless its definition says set or map; a map or struct is granular unless it says atomic.
 *   AS2  A missing key of a list's element takes its default: protocol is TCP.
 *   AS3  Without a definition (custom resources without a schema) the type is deduced from the value: maps
 *        are granular, lists are atomic.
 *   AS4  A custom resource's structural schema says the same by its x-kubernetes-list-type, -list-map-keys and -map-type.
 *   AS5  What is owned as a whole still says what it may hold, for checking what is applied; without it that is anything.
 */
import { getOwn, isPlainObject } from '../../api/schema/clone.ts'
import { shapeOf, type FieldShape, type Leaf, type ValueShape } from '../../api/schema/definitions.ts'

export type ApplySchema =
  | { readonly is: 'leaf'; readonly holds?: LeafContent }
  | { readonly is: 'deduced' }
  | { readonly is: 'struct'; readonly fieldOf: (name: string) => ApplySchema | undefined }
  | { readonly is: 'map'; readonly items: ApplySchema }
  | { readonly is: 'set'; readonly items: ApplySchema }
  | { readonly is: 'listMap'; readonly items: ApplySchema; readonly keys: readonly string[]; readonly defaults: Readonly<Record<string, unknown>> }

/** AS5; numeric is an integer or not, scalar any of the three. */
export type LeafContent = 'string' | 'boolean' | 'numeric' | 'scalar' | { readonly listOf: ApplySchema } | { readonly whole: ApplySchema }

export const leaf: ApplySchema = { is: 'leaf' }
export const deduced: ApplySchema = { is: 'deduced' }

const byDefinition = new Map<string, ApplySchema>()

export function applySchemaOf(definition: string | undefined): ApplySchema {
  if (definition === undefined) return deduced
  const known = byDefinition.get(definition)
  if (known !== undefined) return known
  const shape = shapeOf(definition)
  const fields = new Map<string, ApplySchema>()
  const struct: ApplySchema = {
    is: 'struct',
    fieldOf(name) {
      const field = shape.fields.get(name)
      if (field === undefined) return undefined
      let fieldSchema = fields.get(name)
      if (fieldSchema === undefined) {
        fieldSchema = schemaOfField(field)
        fields.set(name, fieldSchema)
      }
      return fieldSchema
    },
  }
  const schema: ApplySchema = shape.definition.mapType === 'atomic' ? { is: 'leaf', holds: { whole: struct } } : struct
  byDefinition.set(definition, schema)
  return schema
}

function schemaOfField(field: FieldShape): ApplySchema {
  const { value, field: { listType, listMapKeys, mapType } } = field
  if (mapType === 'atomic') return { is: 'leaf', holds: { whole: schemaOfValue(value) } }
  if (value.is === 'array') {
    if (listType === 'set') return { is: 'set', items: schemaOfValue(value.items) }
    if (listType === 'map' && listMapKeys !== undefined) {
      return { is: 'listMap', items: schemaOfValue(value.items), keys: listMapKeys, defaults: listMapKeys.includes('protocol') ? { protocol: 'TCP' } : {} } // AS2
    }
  }
  return schemaOfValue(value)
}

function schemaOfValue(value: ValueShape): ApplySchema {
  switch (value.is) {
    case 'object': return applySchemaOf(value.definition)
    case 'map': return { is: 'map', items: schemaOfValue(value.items) }
    case 'array': return { is: 'leaf', holds: { listOf: schemaOfValue(value.items) } }
    case 'leaf': return leavesOf[value.leaf]
  }
}

const scalar = (holds: LeafContent): ApplySchema => ({ is: 'leaf', holds })

/** Upstream takes a text with a format, and a quantity, for any scalar, and looks into no type that has several forms. */
const leavesOf: Readonly<Record<Leaf, ApplySchema>> = {
  string: scalar('string'), bytes: scalar('string'), boolean: scalar('boolean'), int32: scalar('numeric'), int64: scalar('numeric'), number: scalar('numeric'),
  Quantity: scalar('scalar'), Time: scalar('scalar'), MicroTime: scalar('scalar'),
  IntOrString: leaf, RawExtension: leaf, FieldsV1: leaf, JSON: leaf, SchemaOrBool: leaf, SchemaOrArray: leaf, SchemaOrStrings: leaf,
}

/** AS4: schema is openAPIV3Schema of a version. */
export function applySchemaOfStructural(schema: unknown, isRoot = true): ApplySchema {
  if (!isPlainObject(schema)) return deduced
  if (schema['x-kubernetes-int-or-string'] === true) return leaf
  if (schema['type'] === 'array') return structuralList(schema)
  if (schema['type'] !== 'object') return schema['x-kubernetes-preserve-unknown-fields'] === true ? deduced : structuralScalar(schema)
  const parts = structuralParts(schema, isRoot)
  return schema['x-kubernetes-map-type'] === 'atomic' ? { is: 'leaf', holds: { whole: parts } } : parts
}

function structuralScalar({ type, format }: Record<string, unknown>): ApplySchema {
  if (type === 'string') return scalar(format === undefined || format === '' || format === 'byte' ? 'string' : 'scalar')
  if (type === 'boolean') return scalar('boolean')
  return type === 'integer' || type === 'number' ? scalar('numeric') : leaf
}

function structuralParts(schema: Record<string, unknown>, isRoot: boolean): ApplySchema {
  const properties = isPlainObject(schema['properties']) ? schema['properties'] : {}
  const additional = schema['additionalProperties']
  if (isPlainObject(additional)) return { is: 'map', items: applySchemaOfStructural(additional, false) }
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (Object.keys(properties).length === 0 && (preserves || additional === true)) return deduced
  const fields = new Map(Object.keys(properties).map(name => [name, applySchemaOfStructural(getOwn(properties, name), false)]))
  return {
    is: 'struct',
    fieldOf(name) {
      if (isRoot && name === 'metadata') return applySchemaOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
      if (isRoot && (name === 'apiVersion' || name === 'kind')) return leaf
      return fields.get(name) ?? (preserves ? deduced : undefined)
    },
  }
}

function structuralList(schema: Record<string, unknown>): ApplySchema {
  const items = applySchemaOfStructural(schema['items'], false)
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return { is: 'set', items }
  const keys = schema['x-kubernetes-list-map-keys']
  if (type !== 'map' || !Array.isArray(keys)) return { is: 'leaf', holds: { listOf: items } }
  const properties = (getOwn(schema['items'], 'properties') ?? {}) as Record<string, unknown>
  const defaults = Object.fromEntries(keys.map(key => [String(key), getOwn(getOwn(properties, String(key)), 'default')]).filter(([, value]) => value !== undefined))
  return { is: 'listMap', items, keys: keys.map(String), defaults }
}

/** What the value decides where the schema does not (AS3). */
export function resolved(schema: ApplySchema, value: unknown): ApplySchema {
  if (schema.is !== 'deduced') return schema
  return isPlainObject(value) ? { is: 'map', items: deduced } : leaf
}
