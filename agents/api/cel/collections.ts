/**
 * Lists and maps that expressions make.
 *
 *   CO1  `a + b` copies nothing: it remembers both. A fold that appends element by element shares one growing array.
 *   CO2  Map keys are equal across number kinds: {1: 'x'}[1.0] and {1u: 'x'}[1] find it.
 */
import { CelFault, CelList, CelMap, CelUint, typeNameOf } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { jsonOf, listKey } from './equality.ts'
import { JsonList } from './json-value.ts'

export class ArrayList extends CelList {
  readonly #items: (CelValue | CelFault)[]
  readonly size: number

  constructor(items: (CelValue | CelFault)[], size = items.length) {
    super()
    this.#items = items
    this.size = size
  }

  at(index: number): CelValue | CelFault {
    return this.#items[index]!
  }

  /** This list and one more; the array is shared with whoever appended first (CO1). */
  appended(value: CelValue): ArrayList {
    if (this.#items.length === this.size) {
      this.#items.push(value)
      return new ArrayList(this.#items)
    }
    return new ArrayList([...this.#items.slice(0, this.size), value])
  }
}

class JoinedList extends CelList {
  readonly #first: CelList
  readonly #second: CelList
  readonly size: number

  constructor(first: CelList, second: CelList) {
    super()
    this.#first = first
    this.#second = second
    this.size = first.size + second.size
  }

  at(index: number): CelValue | CelFault {
    return index < this.#first.size ? this.#first.at(index) : this.#second.at(index - this.#first.size)
  }

  override each(visit: (item: CelValue | CelFault, index: number) => boolean, offset = 0): boolean {
    return this.#first.each(visit, offset) && this.#second.each(visit, offset + this.#first.size)
  }
}

/** `a + b`, as the schema of `a` has it: sets keep each member once, keyed lists let `b` replace. */
export function concatenate(first: CelList, second: CelList): CelList | CelFault {
  if (first instanceof JsonList && first.type.listType === 'set') return unionOfSets(first, second)
  if (first instanceof JsonList && first.type.listType === 'map') return mergedByKeys(first, second)
  if (second.size === 0) return first
  if (first.size === 0) return second
  return new JoinedList(first, second)
}

function unionOfSets(first: JsonList, second: CelList): CelList | CelFault {
  const items = Array.from({ length: first.size }, (_, index) => first.at(index))
  const members = new Set(items)
  for (let index = 0; index < second.size; index += 1) {
    const item = second.at(index)
    if (members.has(item)) continue
    members.add(item)
    items.push(item)
  }
  return new ArrayList(items)
}

function mergedByKeys(first: JsonList, second: CelList): CelList {
  const keys = first.type.mapKeys ?? []
  const merged = [...first.json]
  const places = new Map(merged.map((element, index) => [listKey(element, keys), index]))
  second.each(item => {
    const element = jsonOf(item)
    const key = listKey(element, keys)
    const place = places.get(key)
    if (place === undefined) {
      places.set(key, merged.length)
      merged.push(element)
    } else {
      merged[place] = element
    }
    return true
  })
  return new JsonList(merged, first.type)
}

export type MapKey = string | bigint | boolean

/** What a map is looked up by (CO2); undefined: no map has such a key. */
export function mapKey(value: CelValue): MapKey | undefined {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value
  if (value instanceof CelUint) return value.value
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined
}

export class EntryMap extends CelMap {
  readonly #entries: Map<MapKey, readonly [CelValue, CelValue]>

  constructor(entries: Map<MapKey, readonly [CelValue, CelValue]>) {
    super()
    this.#entries = entries
  }

  get size(): number {
    return this.#entries.size
  }

  find(key: CelValue): CelValue | undefined {
    const own = mapKey(key)
    return own === undefined ? undefined : this.#entries.get(own)?.[1]
  }

  keys(): readonly CelValue[] {
    return Array.from(this.#entries.values(), entry => entry[0])
  }

  extended(own: MapKey, key: CelValue, value: CelValue): EntryMap {
    this.#entries.set(own, [key, value])
    return this
  }
}

/** A map and one more entry. Only the accumulator of a fold grows like this, and it is used once: the entries are shared. */
export function inserted(map: CelMap, key: CelValue, value: CelValue): CelMap | CelFault {
  const own = mapKey(key)
  if (own === undefined) return new CelFault(`unsupported key type: ${typeNameOf(key)}`)
  if (map.find(key) !== undefined) return new CelFault(`insert failed: key ${String(own)} already exists`)
  return map instanceof EntryMap ? map.extended(own, key, value) : new EntryMap(new Map([[own, [key, value]]]))
}

/** Every item; the first failure instead. */
export function itemsOf(list: CelList): CelValue[] | CelFault {
  const items: CelValue[] = []
  let failed: CelFault | undefined
  list.each(item => {
    if (item instanceof CelFault) failed = item
    else items.push(item)
    return failed === undefined
  })
  return failed ?? items
}
