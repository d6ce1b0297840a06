/**
 * Lists that are sets or maps have no element twice.
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/listtype.
 *
 *   LT1  A set's elements are compared as values, a map's by its keys; an element that comes again is reported once, where it
 *        comes the second time.
 */
import { duplicate, invalid, type FieldError } from '../field-error.ts'
import { isPlainObject } from '../schema/clone.ts'
import { canonicalText } from './canonical-text.ts'
import type { SchemaNode } from './schema-node.ts'

export function validateListTypes(object: unknown, node: SchemaNode): FieldError[] {
  const errors: FieldError[] = []
  validateAt(object, node, '', errors)
  return errors
}

function validateAt(value: unknown, node: SchemaNode | undefined, path: string, errors: FieldError[]): void {
  if (node?.keyedBelow !== true || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    const type = node.schema['x-kubernetes-list-type']
    if (type === 'set') for (const index of repeated(value.map(canonicalText))) errors.push(duplicate(`${path}[${index}]`, value[index]))
    else if (type === 'map') errors.push(...repeatedKeys(value, node.schema['x-kubernetes-list-map-keys'] ?? [], path))
    for (let index = 0; index < value.length; index += 1) validateAt(value[index], node.items, `${path}[${index}]`, errors)
    return
  }
  if (!isPlainObject(value)) return
  for (const name of Object.keys(value)) {
    const property = node.properties?.get(name)
    if (property !== undefined) validateAt(value[name], property, path === '' ? name : `${path}.${name}`, errors)
    else if (node.additional !== undefined) validateAt(value[name], node.additional, `${path}[${name}]`, errors)
  }
}

/** LT1 */
function repeated(texts: readonly string[]): number[] {
  const seen = new Map<string, number>()
  return texts.flatMap((text, index) => {
    const times = (seen.get(text) ?? 0) + 1
    seen.set(text, times)
    return times === 2 ? [index] : []
  })
}

function repeatedKeys(list: readonly unknown[], keys: readonly string[], path: string): FieldError[] {
  const stranger = list.findIndex(item => item !== null && !isPlainObject(item))
  if (stranger >= 0) return [invalid(`${path}[${stranger}]`, list[stranger], 'must be an object for an array of list-type map')]
  const values = list.map(item => Object.fromEntries(keys.filter(key => isPlainObject(item) && Object.hasOwn(item, key)).map(key => [key, (item as Record<string, unknown>)[key]])))
  return repeated(values.map(canonicalText)).map(index => duplicate(`${path}[${index}]`, values[index]))
}
