/**
 * When two values are equal, and which of two comes first.
 *
 *   EQ1  Values of different kinds are not equal; numbers are, across int, uint and double, when they are the same number.
 *   EQ2  Lists compare in order, maps by their keys; a list that is a set by schema compares without order, one that is a map by
 *        its keys.
 *   EQ3  NaN equals nothing and has no order.
 *   EQ4  A failure while reading a member (null where the schema forbids it) is the result.
 */
import { identical } from '../schema/clone.ts'
import { CelDuration, CelFault, CelLazyObject, CelList, CelMap, CelOpaque, CelOptional, CelStruct, CelTimestamp, CelTypeValue, CelUint } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { work } from './frame.ts'
import { JsonList, JsonMap, JsonObject } from './json-value.ts'

export function areEqual(a: CelValue | CelFault, b: CelValue | CelFault): boolean | CelFault {
  if (a instanceof CelFault) return a
  if (b instanceof CelFault) return b
  switch (typeof a) {
    case 'string':
    case 'boolean':
      return a === b
    case 'bigint':
    case 'number':
      return areSameNumber(a, b)
  }
  if (a === null) return b === null
  if (a instanceof CelUint) return areSameNumber(a.value, b)
  if (a instanceof CelList) return b instanceof CelList && areEqualLists(a, b)
  if (a instanceof CelMap) return b instanceof CelMap && areEqualMaps(a, b)
  if (a instanceof CelOptional) return b instanceof CelOptional && areEqualOptionals(a, b)
  return areEqualParts(a, b)
}

function areEqualParts(a: Exclude<CelValue, string | number | bigint | boolean | null>, b: CelValue): boolean | CelFault {
  if (a instanceof CelTimestamp) return b instanceof CelTimestamp && a.nanos === b.nanos
  if (a instanceof CelDuration) return b instanceof CelDuration && a.nanos === b.nanos
  if (a instanceof Uint8Array) return b instanceof Uint8Array && compareBytes(a, b) === 0
  if (a instanceof CelTypeValue) return b instanceof CelTypeValue && a.name === b.name
  if (a instanceof CelOpaque) return b instanceof CelOpaque && a.typeName === b.typeName && a.equals(b)
  if (a instanceof CelStruct) return b instanceof CelStruct && areEqualStructs(a, b)
  return a instanceof CelLazyObject && a === b
}

function areSameNumber(a: bigint | number, b: CelValue): boolean {
  if (typeof b === 'bigint' || typeof b === 'number') return a == b // eslint-disable-line eqeqeq -- exact between bigint and number (EQ1)
  return b instanceof CelUint && a == b.value // eslint-disable-line eqeqeq -- as above
}

function areEqualOptionals(a: CelOptional, b: CelOptional): boolean | CelFault {
  return a.value === undefined || b.value === undefined ? a.value === b.value : areEqual(a.value, b.value)
}

function areEqualStructs(a: CelStruct, b: CelStruct): boolean | CelFault {
  if (a.typeName !== b.typeName || a.fields.size !== b.fields.size) return false
  for (const [name, value] of a.fields) {
    const other = b.fields.get(name)
    if (other === undefined) return false
    const equal = areEqual(value, other)
    if (equal !== true) return equal
  }
  return true
}

function areEqualLists(a: CelList, b: CelList): boolean | CelFault {
  if (a.size !== b.size) return false
  work(a.size)
  if (a instanceof JsonList && a.type.listType === 'set') return areEqualSets(a, b) // EQ2
  if (a instanceof JsonList && a.type.listType === 'map') return areEqualKeyedLists(a, b)
  for (let index = 0; index < a.size; index += 1) {
    const equal = areEqual(a.at(index), b.at(index))
    if (equal !== true) return equal
  }
  return true
}

function areEqualSets(a: JsonList, b: CelList): boolean {
  const members = new Set(Array.from({ length: a.size }, (_, index) => a.at(index)))
  for (let index = 0; index < b.size; index += 1) if (!members.has(b.at(index))) return false
  return true
}

function areEqualKeyedLists(a: JsonList, b: CelList): boolean | CelFault {
  const keys = a.type.mapKeys ?? []
  const byKey = new Map<string, CelValue | CelFault>()
  b.each(item => {
    byKey.set(listKey(jsonOf(item), keys), item)
    return true
  })
  for (const [index, element] of a.json.entries()) {
    const other = byKey.get(listKey(element, keys))
    if (other === undefined) return false
    const equal = areEqual(a.at(index), other)
    if (equal !== true) return equal
  }
  return true
}

/** The JSON that an item of a list lies in; items of keyed lists are objects. */
export function jsonOf(item: CelValue | CelFault): unknown {
  return item instanceof JsonObject || item instanceof JsonMap ? item.json : undefined
}

/** What tells an element of a keyed list from the others. */
export function listKey(element: unknown, keys: readonly string[]): string {
  const fields = element as Readonly<Record<string, unknown>> | null
  return JSON.stringify(keys.map(key => (fields !== null && typeof fields === 'object' && Object.hasOwn(fields, key) ? (fields[key] ?? null) : null)))
}

function areEqualMaps(a: CelMap, b: CelMap): boolean | CelFault {
  if (a.size !== b.size) return false
  work(a.size)
  if (a instanceof JsonObject && b instanceof JsonObject) return areEqualObjects(a, b)
  for (const key of a.keys()) {
    const own = a.find(key)
    const other = b.find(key)
    if (own === undefined || other === undefined) return false
    const equal = areEqual(own, other)
    if (equal !== true) return equal
  }
  return true
}

/** Declared fields as values, the others as the JSON they are. */
function areEqualObjects(a: JsonObject, b: JsonObject): boolean | CelFault {
  const declared = new Set([...a.type.fields.values()].map(field => field.jsonName))
  for (const name of Object.keys(a.json)) {
    if (declared.has(name)) continue
    if (Object.hasOwn(b.json, name) && !identical(a.json[name], b.json[name])) return false
  }
  for (const key of a.keys()) {
    const own = a.find(key)
    const other = b.find(key)
    if ((own === undefined) !== (other === undefined)) return false
    if (own === undefined || other === undefined) continue
    const equal = areEqual(own, other)
    if (equal !== true) return equal
  }
  return true
}

/** Below zero: a first. A fault: they have no order. */
export function compareValues(a: CelValue, b: CelValue): number | CelFault {
  const left = a instanceof CelUint ? a.value : a
  const right = b instanceof CelUint ? b.value : b
  if ((typeof left === 'bigint' || typeof left === 'number') && (typeof right === 'bigint' || typeof right === 'number')) {
    if (Number.isNaN(left) || Number.isNaN(right)) return new CelFault('NaN values cannot be ordered') // EQ3
    if (typeof left !== typeof right) return compareDoubles(Number(left), Number(right))
    return left < right ? -1 : left > right ? 1 : 0
  }
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right)
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right)
  if (left instanceof CelTimestamp && right instanceof CelTimestamp) return left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0
  if (left instanceof CelDuration && right instanceof CelDuration) return left.nanos < right.nanos ? -1 : left.nanos > right.nanos ? 1 : 0
  if (left instanceof Uint8Array && right instanceof Uint8Array) return compareBytes(left, right)
  return new CelFault('no such overload')
}

/** A whole number beside a double is compared as one, with what that rounds away. */
function compareDoubles(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0
}

/** By code point, as UTF-8 bytes would compare. */
function compareStrings(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index)
    const right = b.charCodeAt(index)
    if (left === right) continue
    const isWide = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
    if (isWide(left) !== isWide(right)) return isWide(left) ? 1 : -1
    return left - right
  }
  return a.length - b.length
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index += 1) if (a[index] !== b[index]) return a[index]! - b[index]!
  return a.length - b.length
}
