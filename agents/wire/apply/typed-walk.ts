/**
 * The four walks of server-side apply over a value and its schema: which fields it sets, what changed between two, how one
 * is laid over another, and what is left when fields are taken away. Upstream: sigs.k8s.io/structured-merge-diff.
 *
 *   TW1  A field set names scalars, atomic values, nulls and empty maps; elements of list-maps and sets, and entries of maps,
 *        are members themselves.
 *   TW2  Merging keeps the order of what is applied; elements only the live list has keep their place among them.
 *   TW3  Two elements with one key, which what is applied never has, are one atomic value in the live object.
 */
import { deepClone, getOwn, identical, isPlainObject, setOwn } from '../../api/schema/clone.ts'
import { resolved, type ApplySchema } from './apply-schema.ts'
import { fieldElement, FieldSet, keyElement, valueElement, type FieldPath } from './field-set.ts'

export type ListSchema = Extract<ApplySchema, { is: 'set' | 'listMap' }>
export type MapSchema = Extract<ApplySchema, { is: 'struct' | 'map' }>

export function elementOf(schema: ListSchema, item: unknown): string {
  if (schema.is === 'set') return valueElement(item)
  const keys: Record<string, unknown> = {}
  for (const key of schema.keys) {
    const value = getOwn(item, key) ?? getOwn(schema.defaults, key)
    if (value !== undefined) keys[key] = value
  }
  return keyElement(keys)
}

export function childSchema(schema: MapSchema, name: string): ApplySchema | undefined {
  return schema.is === 'struct' ? schema.fieldOf(name) : schema.items
}

/** TW1 */
export function toFieldSet(value: unknown, schema: ApplySchema): FieldSet {
  const set = new FieldSet()
  collect(value, schema, [], set)
  return set
}

/** `path` is the way to the value; it is longer while what is below is looked at, and the same afterwards. */
function collect(value: unknown, schema: ApplySchema, path: string[], set: FieldSet): void {
  const actual = resolved(schema, value)
  if ((actual.is === 'struct' || actual.is === 'map') && isPlainObject(value)) {
    for (const key of Object.keys(value)) {
      const item = value[key]
      const child = childSchema(actual, key)
      if (child === undefined) continue
      path.push(fieldElement(key))
      collect(item, child, path, set)
      const isEmpty = item === null || (isPlainObject(item) && Object.keys(item).length === 0)
      if (isEmpty || actual.is === 'map') set.insert(path)
      path.pop()
    }
  } else if ((actual.is === 'set' || actual.is === 'listMap') && Array.isArray(value)) {
    for (const item of value) {
      path.push(elementOf(actual, item))
      if (actual.is === 'listMap') collect(item, actual.items, path, set)
      set.insert(path)
      path.pop()
    }
  } else if (actual.is === 'leaf') {
    set.insert(path)
  }
}

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

export function compareTyped(before: unknown, after: unknown, schema: ApplySchema): Comparison {
  const comparison: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  compareAt(before, after, schema, [], comparison)
  return comparison
}

function isVoid(value: unknown): boolean {
  if (value === undefined || value === null) return true
  return Array.isArray(value) ? value.length === 0 : isPlainObject(value) && Object.keys(value).length === 0
}

type PartsSchema = Exclude<ApplySchema, { is: 'leaf' | 'deduced' }>

/** Whether two values are compared part by part; others are different or not as a whole. */
export function isCompared(before: unknown, after: unknown, schema: ApplySchema): schema is PartsSchema {
  if (schema.is === 'leaf' || schema.is === 'deduced') return false
  const fits = (value: unknown) => value === undefined || value === null || (schema.is === 'struct' || schema.is === 'map' ? isPlainObject(value) : Array.isArray(value))
  return fits(before) && fits(after) && !(isVoid(before) && isVoid(after))
}

/** As with collect, the path is longer only meanwhile. Most of an object stays as it is: that is seen faster than walked. */
function compareAt(before: unknown, after: unknown, schema: ApplySchema, path: string[], into: Comparison): void {
  if (before === after || (path.length === 1 && identical(before, after))) return
  if (path.length > 0 && (before === undefined || after === undefined)) {
    if (after !== undefined) into.added.insert(path, everythingOf(after, schema))
    else if (before !== undefined) into.removed.insert(path, everythingOf(before, schema))
    return
  }
  const actual = resolved(schema, after ?? before)
  if (!isCompared(before, after, actual)) {
    compareLeaf(before, after, path, into)
    return
  }
  if (actual.is === 'struct' || actual.is === 'map') compareMaps(before, after, actual, path, into)
  else compareLists(before, after, actual, path, into)
}

/** What is added or removed with a value: all on the way to its leaves, and those; undefined where nothing is below it. */
function everythingOf(value: unknown, schema: ApplySchema): FieldSet | undefined {
  const actual = resolved(schema, value)
  if (actual.is === 'struct' || actual.is === 'map') {
    if (!isPlainObject(value)) return undefined
    let set: FieldSet | undefined
    for (const key of Object.keys(value)) {
      const child = value[key] === undefined ? undefined : childSchema(actual, key)
      if (child !== undefined) (set ??= new FieldSet()).add(fieldElement(key), everythingOf(value[key], child))
    }
    return set
  }
  if ((actual.is !== 'set' && actual.is !== 'listMap') || !Array.isArray(value) || value.length === 0) return undefined
  const set = new FieldSet()
  for (const [element, items] of grouped(value, actual)) {
    set.add(element, items.length > 1 || actual.is === 'set' ? undefined : everythingOf(items[0], actual.items)) // TW3
  }
  return set
}

function compareLeaf(before: unknown, after: unknown, path: FieldPath, into: Comparison): void {
  if (path.length === 0) return
  if (before === undefined && after !== undefined) into.added.insert(path)
  else if (after === undefined && before !== undefined) into.removed.insert(path)
  else if (!identical(before, after)) into.modified.insert(path)
}

function compareMaps(before: unknown, after: unknown, schema: MapSchema, path: string[], into: Comparison): void {
  const old = isPlainObject(before) ? before : {}
  const now = isPlainObject(after) ? after : {}
  const keys = before === undefined ? Object.keys(now) : new Set([...Object.keys(old), ...Object.keys(now)])
  for (const key of keys) {
    const child = childSchema(schema, key)
    if (child === undefined) continue
    path.push(fieldElement(key))
    compareAt(getOwn(old, key), getOwn(now, key), child, path, into)
    path.pop()
  }
}

function grouped(list: unknown, schema: ListSchema): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>()
  for (const item of Array.isArray(list) ? list : []) {
    const element = elementOf(schema, item)
    const group = groups.get(element)
    if (group === undefined) groups.set(element, [item])
    else group.push(item)
  }
  return groups
}

function compareLists(before: unknown, after: unknown, schema: ListSchema, path: string[], into: Comparison): void {
  const old = grouped(before, schema)
  const now = grouped(after, schema)
  for (const element of new Set([...old.keys(), ...now.keys()])) {
    const olds = old.get(element) ?? []
    const nows = now.get(element) ?? []
    path.push(element)
    if (olds.length > 1 || nows.length > 1) { // TW3
      compareLeaf(olds.length === 0 ? undefined : olds, nows.length === 0 ? undefined : nows, path, into)
    } else {
      compareAt(olds[0], nows[0], schema.is === 'set' ? { is: 'leaf' } : schema.items, path, into)
    }
    path.pop()
  }
}

/** TW2; neither operand is changed. */
export function mergeTyped(live: unknown, applied: unknown, schema: ApplySchema): unknown {
  if (applied === undefined) return live
  const actual = resolved(schema, applied)
  if ((actual.is === 'struct' || actual.is === 'map') && isPlainObject(live) && isPlainObject(applied)) {
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(live)) setOwn(result, key, live[key])
    for (const key of Object.keys(applied)) setOwn(result, key, mergeTyped(getOwn(live, key), applied[key], childSchema(actual, key) ?? { is: 'leaf' }))
    return result
  }
  if ((actual.is === 'set' || actual.is === 'listMap') && Array.isArray(live) && Array.isArray(applied)) return mergeLists(live, applied, actual)
  return deepClone(applied)
}

function mergeLists(live: readonly unknown[], applied: readonly unknown[], schema: ListSchema): unknown[] {
  const liveElements = live.map(item => elementOf(schema, item))
  const appliedElements = applied.map(item => elementOf(schema, item))
  const inLive = grouped(live, schema)
  const inApplied = new Set(appliedElements)
  const shared = appliedElements.filter(element => inLive.has(element))
  const merged = new Set<string>()
  const result: unknown[] = []
  const take = (index: number) => {
    const element = appliedElements[index]!
    const lives = inLive.get(element) ?? []
    result.push(schema.is === 'listMap' && lives.length === 1 ? mergeTyped(lives[0], applied[index], schema.items) : deepClone(applied[index]))
    merged.add(element)
    if (shared[0] === element) shared.shift()
  }
  let left = 0
  let right = 0
  while (left < live.length || right < applied.length) {
    const element = liveElements[left]
    if (element !== undefined && !inApplied.has(element)) {
      result.push(live[left++])
    } else if (element !== undefined && right < applied.length && element !== appliedElements[right] && shared[0] !== undefined && shared[0] !== element) {
      left += 1 // shared, but its turn is another
    } else {
      if (element !== undefined && (merged.has(element) || element === appliedElements[right])) left += 1
      if (right < applied.length) take(right++)
    }
  }
  return result
}

/** The value without the members of gone; undefined if nothing is left of a part. Parts not named stay as they are. */
export function removeFields(value: unknown, schema: ApplySchema, gone: FieldSet): unknown {
  const actual = resolved(schema, value)
  if ((actual.is === 'struct' || actual.is === 'map') && isPlainObject(value)) {
    const result: Record<string, unknown> = {}
    for (const key of Object.keys(value)) {
      const element = fieldElement(key)
      if (gone.members.has(element)) continue
      const below = gone.children.get(element)
      const rest = below === undefined ? value[key] : removeFields(value[key], childSchema(actual, key) ?? { is: 'leaf' }, below)
      if (rest !== undefined) setOwn(result, key, rest)
    }
    return Object.keys(result).length === 0 && Object.keys(value).length > 0 ? undefined : result
  }
  if ((actual.is === 'set' || actual.is === 'listMap') && Array.isArray(value)) {
    const result: unknown[] = []
    for (const item of value) {
      const element = elementOf(actual, item)
      if (gone.members.has(element)) continue
      const below = gone.children.get(element)
      const rest = below === undefined || actual.is === 'set' ? item : removeFields(item, actual.items, below)
      if (rest !== undefined) result.push(rest)
    }
    return result.length === 0 && value.length > 0 ? undefined : result
  }
  return value
}

/** The set, with every named field on the way to a member a member itself. */
export function withNamedFields(set: FieldSet, schema: ApplySchema): FieldSet {
  const result = new FieldSet()
  for (const member of set.members) result.members.add(member)
  for (const [element, child] of set.children) {
    if (element.startsWith('f:') && schema.is === 'struct') result.members.add(element)
    const below = element.startsWith('f:')
      ? (schema.is === 'struct' || schema.is === 'map' ? childSchema(schema, element.slice(2)) : schema.is === 'deduced' ? schema : undefined)
      : (schema.is === 'listMap' || schema.is === 'set' ? schema.items : undefined)
    result.children.set(element, withNamedFields(child, below ?? { is: 'leaf' }))
  }
  return result
}
