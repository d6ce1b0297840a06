/**
 * The CEL type of a structural schema.
 *
 *   ST1  Properties get names that CEL can spell: `dash-ed` is dash__dash__ed, a reserved word __word__; what cannot be spelled has
 *        no field.
 *   ST2  date and date-time strings are timestamps, duration strings durations, byte strings bytes; an int-or-string is dyn.
 *   ST3  Where nothing is known of the shape (no type, no items, preserve-unknown-fields alone) there is no field.
 *   ST4  The root of a resource, and every embedded resource, has apiVersion, kind, metadata.name and metadata.generateName.
 *   ST5  Sizes: maxItems, maxProperties, maxLength (times four: bytes), the longest of an enum; without them, what would fill the
 *        largest request.
 */
import { celLimits } from './cel-budget.ts'
import type { CelField, CelType, ScalarType } from './cel-type.ts'
import { escapeIdentifier, isReservedWord } from './identifier.ts'

/** The part of a structural schema that types are made of. */
export interface StructuralSchema {
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly properties?: Readonly<Record<string, StructuralSchema>>
  readonly additionalProperties?: StructuralSchema | boolean
  readonly items?: StructuralSchema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly default?: unknown
  readonly maxLength?: number
  readonly maxItems?: number
  readonly maxProperties?: number
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-list-type'?: string
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

const maxBytes = celLimits.maxRequestBytes

/** The smallest texts of a value as JSON. */
const minSizes = { string: 2, bool: 4, number: 1, duration: 3, date: 12, dateTime: 21, list: 2, map: 2 } as const
const maxTimeText = 32

export interface SchemaTypeOptions {
  /** The name of the root type; fields add theirs. */
  readonly name?: string
  readonly isResourceRoot?: boolean
}

/** Undefined: the schema says nothing of its shape (ST3). */
export function typeOfSchema(schema: StructuralSchema, { name = 'object', isResourceRoot = false }: SchemaTypeOptions = {}): CelType | undefined {
  const nullable = schema.nullable === true ? { nullable: true } : {}
  if (schema['x-kubernetes-int-or-string'] === true) {
    const maxElements = schema.maxLength === undefined ? maxBytes - 2 : bytesOf(schema.maxLength)
    return { kind: 'dyn', jsonFormat: 'int-or-string', maxElements, minSerializedSize: 1, ...nullable }
  }
  switch (schema.type ?? (isResourceRoot ? 'object' : undefined)) {
    case 'array':
      return listOf(schema, name)
    case 'object':
      return objectOf(isResourceRoot ? withObjectMeta(schema) : schema, name)
    case 'string':
      return { ...stringOf(schema), ...nullable }
    case 'boolean':
      return { kind: 'bool', maxElements: 0, minSerializedSize: minSizes.bool, ...nullable }
    case 'number':
      return { kind: 'double', maxElements: 0, minSerializedSize: minSizes.number, ...nullable }
    case 'integer':
      return { kind: 'int', maxElements: 0, minSerializedSize: minSizes.number, ...nullable }
    default:
      return undefined
  }
}

function inner(schema: StructuralSchema, name: string): CelType | undefined {
  return typeOfSchema(schema, { name, isResourceRoot: schema['x-kubernetes-embedded-resource'] === true })
}

function listOf(schema: StructuralSchema, name: string): CelType | undefined {
  const element = schema.items === undefined ? undefined : inner(schema.items, `${name}.@idx`)
  if (element === undefined) return undefined
  const listType = schema['x-kubernetes-list-type']
  const maxElements = schema.maxItems === undefined ? Math.floor((maxBytes - 2) / (element.minSerializedSize! + 1)) : Math.max(0, schema.maxItems)
  return {
    kind: 'list', element, maxElements, minSerializedSize: minSizes.list,
    ...(listType === 'set' || listType === 'map' ? { listType } : {}),
    ...(schema['x-kubernetes-list-map-keys'] === undefined ? {} : { mapKeys: schema['x-kubernetes-list-map-keys'] }),
    ...(schema.nullable === true ? { nullable: true } : {}),
  }
}

function objectOf(schema: StructuralSchema, name: string): CelType | undefined {
  const nullable = schema.nullable === true ? { nullable: true } : {}
  if (typeof schema.additionalProperties === 'object') {
    const value = inner(schema.additionalProperties, `${name}.@elem`)
    if (value === undefined) return undefined
    const maxElements = schema.maxProperties === undefined ? Math.floor((maxBytes - 2) / (value.minSerializedSize! + 6)) : Math.max(0, schema.maxProperties)
    return { kind: 'map', key: { kind: 'string', maxElements: 0, minSerializedSize: minSizes.string }, value, maxElements, minSerializedSize: minSizes.map, ...nullable }
  }
  const fields = new Map<string, CelField>()
  const required = new Set(schema.required ?? [])
  let minSerializedSize = 2
  for (const [property, propertySchema] of Object.entries(schema.properties ?? {})) {
    const escaped = escapeIdentifier(property)
    const type = inner(propertySchema, `${name}.${escaped ?? property}`)
    if (type === undefined) continue
    if (escaped !== undefined) addField(fields, escaped, property, type)
    if (required.has(property) && propertySchema.default === undefined) minSerializedSize += property.length + type.minSerializedSize! + 4
  }
  return { kind: 'object', name, fields, maxElements: 0, minSerializedSize, ...nullable }
}

/** ST1; reserved words that the grammar lets stand after a dot are understood as they are, too. */
function addField(fields: Map<string, CelField>, escaped: string, jsonName: string, type: CelType): void {
  fields.set(escaped, { type, jsonName })
  if (isReservedWord(jsonName)) fields.set(jsonName, { type, jsonName, isAlias: true })
}

function stringOf(schema: StructuralSchema): ScalarType {
  switch (schema.format) {
    case 'byte':
      return { kind: 'bytes', maxElements: schema.maxLength === undefined ? maxBytes - 2 : Math.max(0, schema.maxLength), minSerializedSize: minSizes.string, jsonFormat: 'byte' }
    case 'duration':
      return { kind: 'duration', maxElements: maxTimeText, minSerializedSize: minSizes.duration, jsonFormat: 'duration' }
    case 'date':
      return { kind: 'timestamp', maxElements: minSizes.date, minSerializedSize: minSizes.date, jsonFormat: 'date' }
    case 'date-time':
      return { kind: 'timestamp', maxElements: maxTimeText, minSerializedSize: minSizes.dateTime, jsonFormat: 'date-time' }
  }
  return { kind: 'string', maxElements: longest(schema), minSerializedSize: minSizes.string }
}

/** ST5 */
function longest(schema: StructuralSchema): number {
  if (schema.maxLength !== undefined) return bytesOf(schema.maxLength)
  if (schema.enum === undefined || schema.enum.length === 0) return maxBytes - 2
  return Math.max(0, ...schema.enum.map(value => (typeof value === 'string' ? new TextEncoder().encode(value).length : 0)))
}

function bytesOf(characters: number): number {
  return Math.max(0, characters) * 4
}

/** ST4 */
function withObjectMeta(schema: StructuralSchema): StructuralSchema {
  const own = schema.properties
  const metadata = own?.['metadata']
  const isWhole = [own?.['kind'], own?.['apiVersion'], metadata?.properties?.['name'], metadata?.properties?.['generateName']].every(property => property?.type === 'string')
  if (isWhole && metadata!.type === 'object') return schema
  const text: StructuralSchema = { type: 'string' }
  const properties = { ...schema.properties, kind: text, apiVersion: text, metadata: { type: 'object', properties: { name: text, generateName: text } } }
  return { ...schema, type: 'object', properties }
}

/** How often a value of this type can stand in one request, where nothing else bounds it. */
export function maxCardinality(type: CelType): number {
  return Math.floor(maxBytes / ((type.minSerializedSize ?? 0) + 1))
}

