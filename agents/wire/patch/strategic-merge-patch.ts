/**
 * Strategic merge patch: a merge patch that knows which lists are maps.
 *
 * A list whose field has patchStrategy merge is merged by its patchMergeKey (or, for scalars, as a set); any other list is
 * replaced. Directives stand in the patch:
 *
 *   SM1  `$patch: replace` in a map replaces it, `delete` empties it; as an element of a list it replaces the whole list,
 *        or deletes the element with that key.
 *   SM2  `$deleteFromPrimitiveList/<field>` removes values from a list of scalars.
 *   SM3  `$setElementOrder/<field>` gives the order, without it the patch's own list does: listed elements stand in this
 *        order, and elements only the server has keep their place before the listed ones they preceded. New elements
 *        come first. The patch's own elements must stand in the order that is given.
 *   SM4  `$retainKeys` drops every key that it does not name; the patch may not set a key that is not named.
 *   SM5  null deletes; in a part that the document does not have, nulls and directives are dropped.
 *   SM6  An element without the merge key is refused.
 *   SM7  Elements are found by the text of their key, so that the work grows with the size of the lists and not with its square.
 * Upstream: apimachinery/pkg/util/strategicpatch.
 */
import { deepClone, getOwn, isPlainObject, setOwn } from '../../api/schema/clone.ts'
import { shapeOf, type FieldShape, type Shape } from '../../api/schema/definitions.ts'
import { goText } from './go-text.ts'
import { PatchError } from './patch-error.ts'

type JsonObject = Record<string, unknown>

const deletePrefix = '$deleteFromPrimitiveList/'
const orderPrefix = '$setElementOrder/'
const retainKey = '$retainKeys'
const patchKey = '$patch'

interface FieldRules {
  readonly shape: Shape | undefined
  readonly merges: boolean
  readonly replaces: boolean
  readonly mergeKey: string | undefined
}

const noRules: FieldRules = { shape: undefined, merges: false, replaces: false, mergeKey: undefined }

export function applyStrategicMergePatch(document: object, patch: unknown, definition: string): JsonObject {
  if (!isPlainObject(patch)) throw new PatchError('BadRequest', 'invalid JSON document: a strategic merge patch must be an object')
  return mergeMap(document as JsonObject, patch, shapeOf(definition))
}

function rulesOf(shape: Shape | undefined, key: string): FieldRules {
  const field = shape?.fields.get(key)
  if (field === undefined) return noRules
  const strategies = field.field.patchStrategy?.split(',') ?? []
  return { shape: elementShape(field), merges: strategies.includes('merge'), replaces: strategies.includes('replace'), mergeKey: field.field.patchMergeKey }
}

function elementShape(field: FieldShape): Shape | undefined {
  const value = field.value.is === 'array' ? field.value.items : field.value
  return value.is === 'object' ? shapeOf(value.definition) : undefined
}

function mergeMap(original: JsonObject, patch: JsonObject, shape: Shape | undefined): JsonObject {
  const directive = getOwn(patch, patchKey)
  if (directive === 'replace') return dropDirectives(without(patch, patchKey)) as JsonObject // SM1
  if (directive === 'delete') return {}
  if (directive !== undefined && directive !== 'merge') throw new PatchError('Unknown', `unknown patch type: ${String(directive)} in map: ${goText(patch)}`)
  const result: JsonObject = {}
  for (const key of Object.keys(original)) setOwn(result, key, original[key])
  retainKeys(result, patch)
  const orders = new Map<string, unknown[]>()
  for (const key of Object.keys(patch)) {
    if (key.startsWith(orderPrefix)) orders.set(key.slice(orderPrefix.length), listOf(patch[key], key))
  }
  for (const key of Object.keys(patch)) {
    if (key === patchKey || key === retainKey || key.startsWith(orderPrefix)) continue
    if (key.startsWith(deletePrefix)) {
      const field = key.slice(deletePrefix.length)
      const gone = listOf(patch[key], key)
      const current = getOwn(result, field)
      const ids = new Set(gone.map(idText))
      if (Array.isArray(current)) setOwn(result, field, current.filter(item => !ids.has(idText(item)))) // SM2
    } else {
      mergeField(result, key, patch[key], rulesOf(shape, key))
    }
  }
  for (const [field, order] of orders) reorder(result, original, patch, field, order, rulesOf(shape, field))
  return result
}

function mergeField(result: JsonObject, key: string, value: unknown, rules: FieldRules): void {
  if (value === null) {
    delete result[key] // SM5
    return
  }
  const current = getOwn(result, key)
  if (isPlainObject(value) && isPlainObject(current)) {
    setOwn(result, key, rules.replaces ? dropDirectives(value) : mergeMap(current, value, rules.shape))
  } else if (Array.isArray(value) && Array.isArray(current)) {
    setOwn(result, key, rules.merges ? mergeList(current, value, rules) : dropDirectives(value))
  } else if (Array.isArray(value) && rules.merges && (current === undefined || current === null)) {
    setOwn(result, key, mergeList([], value, rules))
  } else {
    setOwn(result, key, dropDirectives(value))
  }
}

/** SM4 */
function retainKeys(result: JsonObject, patch: JsonObject): void {
  const retained = getOwn(patch, retainKey)
  if (retained === undefined) return
  const names = new Set(listOf(retained, retainKey))
  for (const key of Object.keys(patch)) {
    const isDirective = key === retainKey || key === patchKey || key.startsWith(orderPrefix) || key.startsWith(deletePrefix)
    if (!isDirective && patch[key] !== null && !names.has(key)) throw new PatchError('BadRequest', `${retainKey} directive must contain all fields in the patch`)
  }
  for (const key of Object.keys(result)) if (!names.has(key)) delete result[key]
}

function mergeList(original: readonly unknown[], patch: readonly unknown[], rules: FieldRules): unknown[] {
  const { mergeKey } = rules
  if (mergeKey === undefined) return inOrder(mergeScalars(original, patch), patch, original, undefined)
  const ordinary: JsonObject[] = []
  const gone = new Set<string>()
  let replaced = false
  for (const item of patch) {
    if (!isPlainObject(item)) throw new PatchError('BadRequest', `expected a map in the list with merge key ${mergeKey}`)
    const directive = getOwn(item, patchKey)
    if (directive === 'replace') replaced = true
    else if (directive === 'delete') gone.add(idText(keyOf(item, mergeKey)))
    else if (directive === undefined) ordinary.push(item)
    else throw new PatchError(directive === 'merge' ? 'BadRequest' : 'Unknown', directive === 'merge' ? 'merging a list with $patch: merge is not supported' : `unknown patch type: ${String(directive)} in map: ${goText(item)}`)
  }
  if (replaced) return dropDirectives(ordinary) as unknown[]
  const before = gone.size === 0 ? original : original.filter(each => !gone.has(idOf(each, mergeKey)))
  const result = [...before]
  const places = placesOf(result, mergeKey)
  for (const item of ordinary) {
    const id = idText(keyOf(item, mergeKey))
    const at = places.get(id)
    const current = at === undefined ? undefined : result[at]
    if (at !== undefined && isPlainObject(current)) {
      result[at] = mergeMap(current, item, rules.shape)
    } else {
      places.set(id, result.length)
      result.push(mergeMap({}, item, rules.shape))
    }
  }
  return inOrder(result, ordinary, before, mergeKey)
}

function keyOf(item: JsonObject, mergeKey: string): unknown {
  const key = getOwn(item, mergeKey)
  if (key === undefined) throw new PatchError('Unknown', `map: ${goText(item)} does not contain declared merge key: ${mergeKey}`) // SM6
  return key
}

function mergeScalars(original: readonly unknown[], patch: readonly unknown[]): unknown[] {
  const seen = new Set<string>()
  const result: unknown[] = []
  for (const item of [...original, ...patch]) {
    const id = idText(item)
    if (seen.has(id)) continue
    seen.add(id)
    result.push(item)
  }
  return result
}

function reorder(result: JsonObject, original: JsonObject, patch: JsonObject, field: string, order: readonly unknown[], rules: FieldRules): void {
  const list = getOwn(result, field)
  if (!Array.isArray(list) || !rules.merges) return
  const { mergeKey } = rules
  checkOrder(getOwn(patch, field), order, field, mergeKey)
  setOwn(result, field, inOrder(list, order, serverOrder(getOwn(original, field), list, mergeKey), mergeKey))
}

/**
 * What upstream takes for the live order here is the live list after deletions were made in place: elements added by the
 * same patch have slipped into the freed places at its end.
 */
function serverOrder(original: unknown, merged: readonly unknown[], mergeKey: string | undefined): readonly unknown[] {
  const live = Array.isArray(original) ? (original as unknown[]) : []
  if (mergeKey === undefined) return live
  const inMerged = placesOf(merged, mergeKey)
  const inLive = placesOf(live, mergeKey)
  const kept = live.filter(item => inMerged.has(idOf(item, mergeKey)))
  const added = merged.filter(item => !inLive.has(idOf(item, mergeKey)))
  return [...kept, ...added.slice(0, live.length - kept.length)]
}

/** What tells one element from another: its merge key, or, of a scalar, itself (SM7). */
function idOf(item: unknown, mergeKey: string | undefined): string {
  return idText(mergeKey === undefined ? item : getOwn(item, mergeKey))
}

/** Same JSON, same text. */
function idText(value: unknown): string {
  if (typeof value === 'string') return value.startsWith('\0') ? `\0"${value}` : value
  if (Array.isArray(value)) return `\0[${value.map(idText).join('\0,')}`
  if (isPlainObject(value)) return `\0{${Object.keys(value).filter(key => value[key] !== undefined).sort().map(key => `${key}\0:${idText(value[key])}`).join('\0,')}`
  return `\0${JSON.stringify(value) ?? 'absent'}`
}

/** Where each element stands first. */
function placesOf(items: readonly unknown[], mergeKey: string | undefined): Map<string, number> {
  const places = new Map<string, number>()
  for (const [index, item] of items.entries()) {
    const id = idOf(item, mergeKey)
    if (!places.has(id)) places.set(id, index)
  }
  return places
}

/** SM3 */
function inOrder(list: readonly unknown[], order: readonly unknown[], before: readonly unknown[], mergeKey: string | undefined): unknown[] {
  const inGiven = placesOf(order, mergeKey)
  const inBefore = placesOf(before, mergeKey)
  const placed = list.map(item => {
    const id = idOf(item, mergeKey)
    return { item, given: inGiven.get(id) ?? -1, before: inBefore.get(id) ?? -1 }
  })
  const listed = placed.filter(({ given }) => given >= 0).sort((a, b) => a.given - b.given)
  const serverOnly = placed.filter(({ given }) => given < 0).sort((a, b) => a.before - b.before)
  const merged: unknown[] = []
  let left = 0
  let right = 0
  while (left < serverOnly.length || right < listed.length) {
    const own = serverOnly[left]
    const next = listed[right]
    if (own !== undefined && (next === undefined || (own.before >= 0 && own.before < next.before))) {
      merged.push(own.item)
      left += 1
    } else {
      merged.push(next!.item)
      right += 1
    }
  }
  return merged
}

function checkOrder(patchList: unknown, order: readonly unknown[], field: string, mergeKey: string | undefined): void {
  if (!Array.isArray(patchList)) return
  const places = placesOf(order, mergeKey)
  let last = -1
  for (const item of patchList) {
    if (isPlainObject(item) && getOwn(item, patchKey) !== undefined) continue
    const at = places.get(idOf(item, mergeKey)) ?? -1
    if (at < last) throw new PatchError('BadRequest', `The order in patch list:\n${JSON.stringify(patchList)}\n doesn't match ${orderPrefix}${field} list:\n${JSON.stringify(order)}\n`)
    last = at
  }
}

function listOf(value: unknown, directive: string): unknown[] {
  if (!Array.isArray(value)) throw new PatchError('BadRequest', `${directive} must be a list`)
  return value
}

function without(object: JsonObject, key: string): JsonObject {
  const copy = { ...object }
  delete copy[key]
  return copy
}

/** SM5: what a new part of the document keeps of the patch. */
function dropDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(item => !(isPlainObject(item) && getOwn(item, patchKey) !== undefined)).map(dropDirectives)
  if (!isPlainObject(value)) return deepClone(value)
  const result: JsonObject = {}
  for (const key of Object.keys(value)) {
    const isDirective = key === patchKey || key === retainKey || key.startsWith(orderPrefix) || key.startsWith(deletePrefix)
    if (!isDirective && value[key] !== null) setOwn(result, key, dropDirectives(value[key]))
  }
  return result
}
