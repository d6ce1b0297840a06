/**
 * Whether a part of an updated object is what it was, so that it is not held against its writer.
 * Upstream: apiserver/pkg/cel/common/equality.go (CachedDeepEqual).
 *
 *   UC1  Lists that are maps are compared by their keys, in whatever order; all other lists as they stand.
 *   UC2  What holds a field without a schema counts as changed.
 */
import { getOwn, identical, isPlainObject } from '../schema/clone.ts'
import { additionalOf, itemsOf, type Schema } from './schema.ts'

export function isUnchanged(schema: Schema, value: unknown, old: unknown): boolean {
  if (Array.isArray(value)) return Array.isArray(old) && value.length === old.length && isListUnchanged(schema, value, old)
  if (!isPlainObject(value)) return identical(value, old)
  if (!isPlainObject(old) || Object.keys(value).length !== Object.keys(old).length) return false
  return Object.keys(value).every(name => {
    const inner = schema.properties?.[name] ?? additionalOf(schema)
    return inner !== undefined && Object.hasOwn(old, name) && isUnchanged(inner, value[name], old[name]) // UC2
  })
}

function isListUnchanged(schema: Schema, list: readonly unknown[], old: readonly unknown[]): boolean {
  const keys = mapKeysOf(schema)
  const items = itemsOf(schema)
  if (keys === undefined || items === undefined) return identical(list, old)
  const before = byKeys(old, keys)
  return list.every(item => isPlainObject(item) && isUnchanged(items, item, before.get(keyText(item, keys))))
}

/** The keys of a list that is a map. */
export function mapKeysOf(schema: Schema): readonly string[] | undefined {
  return schema['x-kubernetes-list-type'] === 'map' ? schema['x-kubernetes-list-map-keys'] ?? [] : undefined
}

/** The first of several with the same keys counts. */
export function byKeys(list: readonly unknown[], keys: readonly string[]): Map<string, unknown> {
  return new Map(list.map(item => [keyText(item, keys), item] as const).reverse())
}

export function keyText(item: unknown, keys: readonly string[]): string {
  return JSON.stringify(keys.map(key => getOwn(item, key)))
}
