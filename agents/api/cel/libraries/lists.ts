/**
 * Lists: Kubernetes' own functions (isSorted, sum, min, max, indexOf, lastIndexOf), those of CEL's list library (slice, sort, sortBy,
 * distinct, range, reverse, flatten), sets.contains and its kin, and the insertion that transformMap is made of.
 */
import { ArrayList, inserted, itemsOf } from '../collections.ts'
import { areEqual, compareValues } from '../equality.ts'
import { CelDuration, CelFault, CelList, CelUint, typeNameOf } from '../cel-value.ts'
import type { CelMap, CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload, Implementation } from '../declarations.ts'
import { work } from '../frame.ts'
import { duration, int, uint } from './operators.ts'

type Result = CelValue | CelFault

const summableTypes = ['int', 'uint', 'double', 'duration'] as const
const comparableTypes = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes'] as const

/** The names that overload ids spell types with. */
const idNames: Readonly<Record<string, string>> = { duration: 'google.protobuf.Duration', timestamp: 'google.protobuf.Timestamp' }

const zeros: Readonly<Record<(typeof summableTypes)[number], CelValue>> = { int: 0n, uint: new CelUint(0n), double: 0, duration: new CelDuration(0n) }

function add(a: CelValue, b: Result): Result {
  if (typeof a === 'bigint' && typeof b === 'bigint') return int(a + b)
  if (typeof a === 'number' && typeof b === 'number') return a + b
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value + b.value)
  if (a instanceof CelDuration && b instanceof CelDuration) return duration(a.nanos + b.nanos)
  return b instanceof CelFault ? b : new CelFault('no such overload')
}

function sum(zero: CelValue): Implementation {
  return (list: CelList) => {
    let total: Result = zero
    for (let index = 0; index < list.size; index += 1) {
      total = add(total, list.at(index))
      if (total instanceof CelFault) return total
    }
    return total
  }
}

function isSorted(list: CelList): Result {
  const items = itemsOf(list)
  if (items instanceof CelFault) return items
  for (let index = 1; index < items.length; index += 1) {
    const comparison = compareValues(items[index - 1]!, items[index]!)
    if (typeof comparison !== 'number') return comparison
    if (comparison > 0) return false
  }
  return true
}

function extreme(name: 'min' | 'max'): Implementation {
  return (list: CelList) => {
    const items = itemsOf(list)
    if (items instanceof CelFault) return items
    let best = items[0]
    if (best === undefined) return new CelFault(`${name} called on empty list`)
    for (const item of items) {
      const comparison = compareValues(item, best)
      if (typeof comparison === 'number' && (name === 'min' ? comparison < 0 : comparison > 0)) best = item
    }
    return best
  }
}

function indexOf(list: CelList, item: CelValue): Result {
  for (let index = 0; index < list.size; index += 1) if (areEqual(list.at(index), item) === true) return BigInt(index)
  return -1n
}

function lastIndexOf(list: CelList, item: CelValue): Result {
  for (let index = list.size - 1; index >= 0; index -= 1) if (areEqual(list.at(index), item) === true) return BigInt(index)
  return -1n
}

function slice(list: CelList, start: bigint, end: bigint): Result {
  if (start < 0n || end < 0n) return new CelFault(`cannot slice(${start}, ${end}), negative indexes not supported`)
  if (start > end) return new CelFault(`cannot slice(${start}, ${end}), start index must be less than or equal to end index`)
  if (BigInt(list.size) < end) return new CelFault(`cannot slice(${start}, ${end}), list is length ${list.size}`)
  work(Number(end - start))
  return new ArrayList(Array.from({ length: Number(end - start) }, (_, index) => list.at(Number(start) + index)))
}

function flatten(list: CelList, depth = 1n): Result {
  if (depth < 0n) return new CelFault('level must be non-negative')
  const flat: Result[] = []
  flattenInto(list, depth, flat)
  return new ArrayList(flat)
}

function flattenInto(list: CelList, depth: bigint, flat: Result[]): void {
  work(list.size)
  for (let index = 0; index < list.size; index += 1) {
    const item = list.at(index)
    if (item instanceof CelList && depth > 0n) flattenInto(item, depth - 1n, flat)
    else flat.push(item)
  }
}

function sortBy(list: CelList, keys: CelList): Result {
  const sortKeys = itemsOf(keys)
  if (sortKeys instanceof CelFault) return sortKeys
  const [first] = sortKeys
  if (first === undefined) return list
  if (sortKeys.some(key => typeNameOf(key) !== typeNameOf(first))) return new CelFault('list elements must have the same type')
  const order = sortKeys.map((_, index) => index)
  let failed: CelFault | undefined
  order.sort((a, b) => {
    const comparison = compareValues(sortKeys[a]!, sortKeys[b]!)
    if (typeof comparison === 'number') return comparison
    failed = comparison
    return 0
  })
  return failed ?? new ArrayList(order.map(index => list.at(index)))
}

function distinct(list: CelList): Result {
  const items = itemsOf(list)
  if (items instanceof CelFault) return items
  const scalars = new Set<CelValue>()
  const others: CelValue[] = []
  const unique = items.filter(item => {
    if (typeof item === 'string' || typeof item === 'bigint' || typeof item === 'boolean') return !scalars.has(item) && scalars.add(item) !== undefined
    if (others.some(other => areEqual(other, item) === true)) return false
    others.push(item)
    return true
  })
  return new ArrayList(unique)
}

function range(count: bigint): Result {
  if (count <= 0n) return new ArrayList([])
  work(Number(count))
  return new ArrayList(Array.from({ length: Number(count) }, (_, index) => BigInt(index)))
}

function reverse(list: CelList): Result {
  return new ArrayList(Array.from({ length: list.size }, (_, index) => list.at(list.size - 1 - index)))
}

function setContains(list: CelList, part: CelList): boolean | CelFault {
  for (let index = 0; index < part.size; index += 1) if (indexOf(list, part.at(index) as CelValue) === -1n) return false
  return true
}

const sets: readonly CelOverload[] = [
  global('list_sets_contains_list', 'sets.contains', 'list(T), list(T) -> bool', setContains),
  global('list_sets_equivalent_list', 'sets.equivalent', 'list(T), list(T) -> bool', (a: CelList, b: CelList) => {
    const contains = setContains(a, b)
    return contains === true ? setContains(b, a) : contains
  }),
  global('list_sets_intersects_list', 'sets.intersects', 'list(T), list(T) -> bool', (a: CelList, b: CelList) => {
    for (let index = 0; index < a.size; index += 1) if (indexOf(b, a.at(index) as CelValue) !== -1n) return true
    return false
  }),
]

const insertions: readonly CelOverload[] = [
  global('@mapInsert_map_key_value', 'cel.@mapInsert', 'map(K, V), K, V -> map(K, V)', inserted),
  global('@mapInsert_map_map', 'cel.@mapInsert', 'map(K, V), map(K, V) -> map(K, V)', (map: CelMap, entries: CelMap) => {
    let grown: CelMap | CelFault = map
    for (const key of entries.keys()) {
      const value = entries.find(key)!
      if (value instanceof CelFault) return value
      grown = inserted(grown, key, value)
      if (grown instanceof CelFault) return grown
    }
    return grown
  }),
]

export const lists: readonly CelOverload[] = [
  ...comparableTypes.map(type => member(`list_${type}_is_sorted_bool`, 'isSorted', `list(${type}) -> bool`, isSorted)),
  ...summableTypes.map(type => member(`list_${type}_sum_${type}`, 'sum', `list(${type}) -> ${type}`, sum(zeros[type]))),
  ...comparableTypes.map(type => member(`list_${type}_max_${type}`, 'max', `list(${type}) -> ${type}`, extreme('max'))),
  ...comparableTypes.map(type => member(`list_${type}_min_${type}`, 'min', `list(${type}) -> ${type}`, extreme('min'))),
  member('list_a_index_of_int', 'indexOf', 'list(A), A -> int', indexOf),
  member('list_a_last_index_of_int', 'lastIndexOf', 'list(A), A -> int', lastIndexOf),
  member('list_slice', 'slice', 'list(T), int, int -> list(T)', slice),
  member('list_flatten', 'flatten', 'list(list(T)) -> list(T)', flatten),
  member('list_flatten_int', 'flatten', 'list(dyn), int -> list(dyn)', flatten),
  ...comparableTypes.map(type => member(`list_${idNames[type] ?? type}_sort`, 'sort', `list(${type}) -> list(${type})`, (list: CelList) => sortBy(list, list))),
  ...comparableTypes.map(type => member(`list_${idNames[type] ?? type}_sortByAssociatedKeys`, '@sortByAssociatedKeys', `list(T), list(${type}) -> list(T)`, sortBy)),
  global('lists_range', 'lists.range', 'int -> list(int)', range),
  member('list_reverse', 'reverse', 'list(T) -> list(T)', reverse),
  member('list_distinct', 'distinct', 'list(T) -> list(T)', distinct),
  ...sets, ...insertions,
]
