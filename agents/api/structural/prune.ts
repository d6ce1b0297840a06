/**
 * Takes from an object what its schema does not know.
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/pruning.
 *
 *   PR1  Where unknown fields are preserved, the fields that the schema does know are pruned all the same.
 *   PR2  apiVersion, kind and metadata of the whole object and of embedded ones are not touched.
 *   PR3  Unknown fields are reported as clients write them: spec.list[0].foo, in the order of their names.
 *   PR4  A map whose values have no schema keeps its keys, and nothing of the objects below them.
 */
import { isPlainObject } from '../schema/clone.ts'
import type { SchemaNode } from './schema-node.ts'

const metaFields = new Set(['apiVersion', 'kind', 'metadata'])

/** Changes the object; returns the paths of what it took (PR3). */
export function prune(object: unknown, node: SchemaNode, isResourceRoot: boolean): string[] {
  const unknown: string[] = []
  pruneAt(object, node, isResourceRoot || node.embedded, [], unknown)
  return unknown.sort()
}

type Path = (string | number)[]

function pruneAt(value: unknown, node: SchemaNode | undefined, embedded: boolean, path: Path, unknown: string[]): void {
  if (typeof value !== 'object' || value === null) return
  if (node?.preserves === true) {
    pruneKnown(value, node, embedded, path, unknown) // PR1
    return
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) pruneBelow(value[index], node?.items, index, path, unknown)
    return
  }
  if (!isPlainObject(value)) return
  for (const name of Object.keys(value)) {
    if (embedded && metaFields.has(name)) continue // PR2
    const property = node?.properties?.get(name)
    if (property !== undefined) pruneBelow(value[name], property, name, path, unknown)
    else if (node?.isMap === true) pruneBelow(value[name], node.additional, name, path, unknown) // PR4
    else {
      if (path.length > 0 || !metaFields.has(name)) unknown.push(pathText([...path, name]))
      delete value[name]
    }
  }
}

function pruneKnown(value: unknown, node: SchemaNode | undefined, embedded: boolean, path: Path, unknown: string[]): void {
  if (node === undefined || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      path.push(index)
      pruneKnown(value[index], node.items, node.items?.embedded === true, path, unknown)
      path.pop()
    }
    return
  }
  if (!isPlainObject(value)) return
  for (const name of Object.keys(value)) {
    if (embedded && metaFields.has(name)) continue
    const property = node.properties?.get(name)
    if (property !== undefined) pruneBelow(value[name], property, name, path, unknown)
    else if (node.isMap) pruneBelow(value[name], node.additional, name, path, unknown)
  }
}

function pruneBelow(value: unknown, node: SchemaNode | undefined, step: string | number, path: Path, unknown: string[]): void {
  if (typeof value !== 'object' || value === null) return
  path.push(step)
  pruneAt(value, node, node?.embedded === true, path, unknown)
  path.pop()
}

/** PR3 */
export function pathText(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`), '')
}
