/**
 * Fills in what a schema declares for fields that are not there, and takes away nulls that may not be.
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/defaulting.
 *
 *   DF1  A null where the schema allows none is as good as absent: it is taken away, or the default takes its place.
 *   DF2  Defaults are copied; what they make is defaulted further down. Doing it twice changes nothing.
 *   DF3  Elements of a list stay in their places: a null without a default is left to validation.
 */
import { deepClone, isPlainObject, setOwn } from '../schema/clone.ts'
import { nodeAt, type SchemaNode } from './schema-node.ts'

/** Changes the object; true if it did. */
export function applyDefaults(object: unknown, node: SchemaNode): boolean {
  const pruned = pruneNulls(object, node)
  return setDefaults(object, node) || pruned
}

function isUnwantedNull(value: unknown, node: SchemaNode | undefined): boolean {
  return value === null && node !== undefined && !node.nullable
}

function pruneNulls(value: unknown, node: SchemaNode | undefined): boolean {
  if (typeof value !== 'object' || value === null || node === undefined) return false
  let changed = false
  if (Array.isArray(value)) {
    for (const item of value) changed = pruneNulls(item, node.items) || changed
    return changed
  }
  if (!isPlainObject(value)) return false
  for (const name of Object.keys(value)) {
    const child = nodeAt(node, name)
    if (isUnwantedNull(value[name], child) && child!.default === undefined) { // DF1
      delete value[name]
      changed = true
    } else {
      changed = pruneNulls(value[name], child) || changed
    }
  }
  return changed
}

function setDefaults(value: unknown, node: SchemaNode | undefined): boolean {
  if (typeof value !== 'object' || value === null || node === undefined) return false
  if (Array.isArray(value)) return defaultItems(value, node.items)
  if (!isPlainObject(value)) return false
  let changed = false
  for (const [name, child] of node.defaults) {
    const isThere = Object.hasOwn(value, name) && value[name] !== undefined
    if (isThere && !isUnwantedNull(value[name], child)) continue
    setOwn(value, name, deepClone(child.default)) // DF2
    changed = true
  }
  for (const name of Object.keys(value)) {
    const child = nodeAt(node, name)
    if (child === undefined) continue
    if (child === node.additional && isUnwantedNull(value[name], child) && child.default !== undefined) {
      setOwn(value, name, deepClone(child.default))
      changed = true
    }
    changed = setDefaults(value[name], child) || changed
  }
  return changed
}

function defaultItems(list: unknown[], node: SchemaNode | undefined): boolean {
  if (node === undefined) return false
  let changed = false
  for (let index = 0; index < list.length; index += 1) {
    if (isUnwantedNull(list[index], node) && node.default !== undefined) { // DF3
      list[index] = deepClone(node.default)
      changed = true
    }
    changed = setDefaults(list[index], node) || changed
  }
  return changed
}
