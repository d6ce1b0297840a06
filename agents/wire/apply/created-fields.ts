/**
 * What the manager that makes an object owns of it, in FieldsV1: what differs from an object of the type without any fields,
 * but for what is never tracked. The same as comparing the two, taking away and rendering, in one walk without any sets,
 * because making objects is what a cluster does most.
 *
 *   CF1  Whatever the empty object lacks is a member, and so is everything in it; what it has and the new one has otherwise too.
 *   CF2  Two elements of a list with one key are one member as a whole.
 *   CF3  What is not to be tracked is no member; what is below it may be.
 */
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
