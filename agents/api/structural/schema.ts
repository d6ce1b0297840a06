/**
 * A custom resource's schema as its author wrote it, and how to walk it.
 *
 *   SC1  A node's own parts are read through here, since items and additionalProperties have several forms.
 *   SC2  eachSchema visits a node before what is below it, and everything below it: properties, items, junctors.
 */
import type { JSONSchemaProps } from '../groups/apiextensions-v1/types.ts'
import { isPlainObject } from '../schema/clone.ts'

export type Schema = JSONSchemaProps

/** The items of a list whose elements are all alike. */
export function itemsOf(schema: Schema): Schema | undefined {
  return isPlainObject(schema.items) ? schema.items as Schema : undefined
}

/** The schema of a map's values; true and false have none. */
export function additionalOf(schema: Schema): Schema | undefined {
  return isPlainObject(schema.additionalProperties) ? schema.additionalProperties as Schema : undefined
}

export function preservesUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true
}

export function isIntOrString(schema: Schema): boolean {
  return schema['x-kubernetes-int-or-string'] === true
}

export function isEmbedded(schema: Schema): boolean {
  return schema['x-kubernetes-embedded-resource'] === true
}

/** Types that a value may have; none: any. */
export function typesOf(schema: Schema): readonly string[] {
  if (isIntOrString(schema)) return ['integer', 'string']
  return schema.type === undefined || schema.type === '' ? [] : [schema.type]
}

/** A default of null is none. */
export function defaultOf(schema: Schema): unknown {
  return schema.default === null ? undefined : schema.default
}

/** Stops and returns true as soon as visit does (SC2). */
export function someSchema(schema: Schema | undefined, visit: (schema: Schema) => boolean): boolean {
  if (!isPlainObject(schema)) return false
  if (visit(schema)) return true
  return childrenOf(schema).some(child => someSchema(child, visit))
}

function childrenOf(schema: Schema): Schema[] {
  const lists = [Array.isArray(schema.items) ? schema.items : [], schema.allOf ?? [], schema.anyOf ?? [], schema.oneOf ?? []].flat()
  const maps = [schema.properties, schema.patternProperties, schema.definitions].flatMap(map => Object.values(map ?? {}))
  const dependencies = Object.values(schema.dependencies ?? {}).filter(isPlainObject) as Schema[]
  const single = [itemsOf(schema), additionalOf(schema), schema.not, isPlainObject(schema.additionalItems) ? schema.additionalItems as Schema : undefined]
  return [...lists, ...maps, ...dependencies, ...single.filter(child => child !== undefined)]
}
