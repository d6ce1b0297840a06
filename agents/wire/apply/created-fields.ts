/**
 * What the manager that makes an object owns of it, in FieldsV1: what differs from an object of the type without any fields,
 * but for what is never tracked. The same as comparing the two, taking away and rendering, in one walk without any sets,
 * because making objects is what a cluster does most.
 *
 *   CF1  Whatever the empty object lacks is a member, and so is everything in it; what it has and the new one has otherwise too.
 *   CF2  Two elements of a list with one key are one member as a whole.
 *   CF4  A large object is walked in pieces, each of a few thousand values, whose fields are put together; in between others have
 *        their turn. Of elements with one key that are thousands apart, each is owned by its fields then.
 *   CF3  What is not to be tracked is no member; what is below it may be.
 */
import type { Steps } from '../../base/steps.ts'
import { sortFew } from '../../base/sort-few.ts'
import { getOwn, identical, isPlainObject, setOwn } from '../../api/schema/clone.ts'
import { resolved, type ApplySchema } from './apply-schema.ts'
import { fieldElement, type FieldSet } from './field-set.ts'
import { childSchema, elementOf, isCompared, type ListSchema, type MapSchema } from './typed-walk.ts'

type Fields = Record<string, unknown>

export interface CreatedObject {
  /** An object of the type as it is without any fields. */
  readonly empty: object
  readonly object: object
  readonly schema: ApplySchema
  /** Top-level fields that nobody comes to own by this write. */
  readonly isIgnored: (field: string) => boolean
  readonly untracked: FieldSet
}

/** Undefined when nothing is owned. */
export function createdFields({ empty, object, schema, isIgnored, untracked }: CreatedObject): Fields | undefined {
  const actual = resolved(schema, object)
  if ((actual.is !== 'struct' && actual.is !== 'map') || !isPlainObject(empty) || !isPlainObject(object)) return undefined
  return fieldsOfMap(empty, object, actual, untracked, false, isIgnored)
}

/** CF4 */
export function* createdFieldsSteps(created: CreatedObject, atOnce = valuesAtOnce): Steps<Fields | undefined> {
  const { object, schema } = created
  if (valuesIn(object, atOnce) <= atOnce) return createdFields(created)
  let all: Fields | undefined
  for (const piece of piecesOf(object, schema, atOnce)) {
    yield
    const fields = createdFields({ ...created, object: piece as object })
    if (fields === undefined) continue
    if (all === undefined) all = fields
    else unite(all, fields)
  }
  yield
  return all === undefined ? undefined : ordered(all)
}

const valuesAtOnce = 3_000
/** Those of a part are few: they tell it from its neighbours, so that each piece of it has them. */
const mostScalars = 32

/** How many values there are, counted no further than it takes to know that there are more. */
function valuesIn(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null) return 1
  let count = 1
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && count <= most; at++) count += valuesIn(value[at], most - count)
  } else {
    for (const key in value) {
      if (count > most) break
      count += valuesIn((value as Fields)[key], most - count)
    }
  }
  return count
}

/** Parts of a value with its upper levels, that hold all of it together. What a schema calls one whole stays in one piece. */
function* piecesOf(value: unknown, schema: ApplySchema, atOnce: number): Generator<unknown> {
  const actual = resolved(schema, value)
  const isList = (actual.is === 'set' || actual.is === 'listMap') && Array.isArray(value)
  const isMap = (actual.is === 'struct' || actual.is === 'map') && isPlainObject(value)
  if ((!isList && !isMap) || valuesIn(value, atOnce) <= atOnce) {
    yield value
    return
  }
  const scalars = isMap ? scalarsOf(value) : {}
  const start = (): Fields | unknown[] => (isMap ? { ...scalars } : [])
  let gathered = start()
  let count = 0
  for (const key of Object.keys(value)) {
    if (Object.hasOwn(scalars, key)) continue
    const part: unknown = (value as Fields)[key]
    const below = isMap ? childSchema(actual, key) : (actual as ListSchema).items
    const size = valuesIn(part, atOnce)
    if (size > atOnce && below !== undefined && actual.is !== 'set') {
      for (const piece of piecesOf(part, below, atOnce)) yield withPart(start(), key, piece)
      continue
    }
    withPart(gathered, key, part)
    count += size
    if (count < atOnce) continue
    yield gathered
    gathered = start()
    count = 0
  }
  yield gathered
}

function withPart(container: Fields | unknown[], key: string, part: unknown): Fields | unknown[] {
  if (Array.isArray(container)) container.push(part)
  else setOwn(container, key, part)
  return container
}

function scalarsOf(value: Fields): Fields {
  const scalars: Fields = {}
  let count = 0
  for (const key of Object.keys(value)) {
    if (typeof value[key] === 'object' && value[key] !== null) continue
    if (++count > mostScalars) return {}
    setOwn(scalars, key, value[key])
  }
  return scalars
}

/** Fields of two pieces in one; what both have they have from the levels above them. */
function unite(into: Fields, from: Fields): void {
  for (const element of Object.keys(from)) {
    const mine = getOwn(into, element) as Fields | undefined
    if (mine === undefined) setOwn(into, element, from[element])
    else if (element !== '.') unite(mine, from[element] as Fields)
  }
}

function ordered(fields: Fields): Fields {
  for (const element of Object.keys(fields)) {
    const below = fields[element] as Fields
    const sorted = ordered(below)
    if (sorted !== below) setOwn(fields, element, sorted)
  }
  return inOrder(fields)
}

function changedFields(before: unknown, after: unknown, schema: ApplySchema, untracked: FieldSet | undefined, isMember: boolean): Fields | undefined {
  if (after === undefined || before === after) return undefined
  if (before === undefined) return everything(after, schema, untracked, isMember)
  const actual = resolved(schema, after)
  if (!isCompared(before, after, actual)) return isMember && !identical(before, after) ? {} : undefined
  return actual.is === 'struct' || actual.is === 'map'
    ? fieldsOfMap(isPlainObject(before) ? before : {}, isPlainObject(after) ? after : {}, actual, untracked, false)
    : fieldsOfList(after, actual, false)
}

/** CF1; with what it is a member itself, unless it is not to be (CF3). */
function everything(value: unknown, schema: ApplySchema, untracked: FieldSet | undefined, isMember: boolean): Fields | undefined {
  const actual = resolved(schema, value)
  let below: Fields | undefined
  if (actual.is === 'struct' || actual.is === 'map') below = isPlainObject(value) ? fieldsOfMap(undefined, value, actual, untracked, isMember) : undefined
  else if (actual.is === 'set' || actual.is === 'listMap') below = fieldsOfList(value, actual, isMember)
  return below ?? (isMember ? {} : undefined)
}

function fieldsOfMap(before: Fields | undefined, after: Fields, schema: MapSchema, untracked: FieldSet | undefined, isMember: boolean, isIgnored?: (field: string) => boolean): Fields | undefined {
  let fields: Fields | undefined
  for (const key of Object.keys(after)) {
    const child = after[key] === undefined || isIgnored?.(key) === true ? undefined : childSchema(schema, key)
    if (child === undefined) continue
    const element = fieldElement(key)
    const below = changedFields(before === undefined ? undefined : getOwn(before, key), after[key], child, untracked?.children.get(element), untracked?.members.has(element) !== true)
    if (below !== undefined) setOwn(fields ??= memberOrNot(isMember), element, below)
  }
  return fields === undefined ? undefined : inOrder(fields)
}

function fieldsOfList(list: unknown, schema: ListSchema, isMember: boolean): Fields | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined
  const fields = memberOrNot(isMember)
  for (const item of list) {
    const element = elementOf(schema, item)
    setOwn(fields, element, Object.hasOwn(fields, element) || schema.is === 'set' ? {} : everything(item, schema.items, undefined, true)) // CF2
  }
  return inOrder(fields)
}

function memberOrNot(isMember: boolean): Fields {
  return isMember ? { '.': {} } : {}
}

/** "." comes first by itself. Most parts of canonical objects are in order. */
function inOrder(fields: Fields): Fields {
  const elements = Object.keys(fields)
  if (elements.every((element, at) => at === 0 || elements[at - 1]! < element)) return fields
  const sorted: Fields = {}
  for (const element of sortFew(elements, (a, b) => (a < b ? -1 : 1))) setOwn(sorted, element, fields[element])
  return sorted
}
