/** Optional values. `or`, `orValue`, `?.` and `[?]` are evaluated by the planner; here they only have their types. */
import { ArrayList, itemsOf } from '../collections.ts'
import { CelDuration, CelFault, CelList, CelMap, CelOptional, CelStruct, CelTimestamp, CelUint } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload, Implementation } from '../declarations.ts'

const never: Implementation = () => new CelFault('no such overload')

/** Empty, zero, or null. */
export function isZeroValue(value: CelValue): boolean {
  switch (typeof value) {
    case 'string':
      return value === ''
    case 'bigint':
      return value === 0n
    case 'number':
      return value === 0
    case 'boolean':
      return !value
  }
  if (value === null) return true
  if (value instanceof CelList || value instanceof CelMap) return value.size === 0
  if (value instanceof CelUint) return value.value === 0n
  if (value instanceof Uint8Array) return value.length === 0
  if (value instanceof CelDuration) return value.nanos === 0n
  if (value instanceof CelTimestamp) return value.nanos === -62_135_596_800_000_000_000n
  if (value instanceof CelStruct) return value.fields.size === 0
  return value instanceof CelOptional && value.value === undefined
}

function unwrapped(list: CelList): CelValue | CelFault {
  const items = itemsOf(list)
  if (items instanceof CelFault) return items
  const values: CelValue[] = []
  for (const item of items) {
    if (!(item instanceof CelOptional)) return new CelFault('value is not optional')
    if (item.value !== undefined) values.push(item.value)
  }
  return new ArrayList(values)
}

function edge(index: (size: number) => number): Implementation {
  return (list: CelList) => {
    if (list.size === 0) return CelOptional.none
    const item = list.at(index(list.size))
    return item instanceof CelFault ? item : new CelOptional(item)
  }
}

export const optionals: readonly CelOverload[] = [
  global('optional_of', 'optional.of', 'V -> optional_type(V)', (value: CelValue) => new CelOptional(value)),
  global('optional_ofNonZeroValue', 'optional.ofNonZeroValue', 'V -> optional_type(V)', (value: CelValue) => (isZeroValue(value) ? CelOptional.none : new CelOptional(value))),
  global('optional_none', 'optional.none', '-> optional_type(V)', () => CelOptional.none),
  member('optional_value', 'value', 'optional_type(V) -> V', (optional: CelOptional) => optional.value ?? (optional.value === null ? null : new CelFault('optional.none() dereference'))),
  member('optional_hasValue', 'hasValue', 'optional_type(V) -> bool', (optional: CelOptional) => optional.value !== undefined),
  member('optional_or_optional', 'or', 'optional_type(V), optional_type(V) -> optional_type(V)', never),
  member('optional_orValue_value', 'orValue', 'optional_type(V), V -> V', never),
  global('select_optional_field', '_?._', 'dyn, string -> optional_type(V)', never),
  global('list_optindex_optional_int', '_[?_]', 'list(V), int -> optional_type(V)', never),
  global('optional_list_optindex_optional_int', '_[?_]', 'optional_type(list(V)), int -> optional_type(V)', never),
  global('map_optindex_optional_value', '_[?_]', 'map(K, V), K -> optional_type(V)', never),
  global('optional_map_optindex_optional_value', '_[?_]', 'optional_type(map(K, V)), K -> optional_type(V)', never),
  global('optional_list_index_int', '_[_]', 'optional_type(list(V)), int -> optional_type(V)', never),
  global('optional_map_index_value', '_[_]', 'optional_type(map(K, V)), K -> optional_type(V)', never),
  member('list_first', 'first', 'list(V) -> optional_type(V)', edge(() => 0)),
  member('list_last', 'last', 'list(V) -> optional_type(V)', edge(size => size - 1)),
  global('optional_unwrap', 'optional.unwrap', 'list(optional_type(V)) -> list(V)', unwrapped),
  member('optional_unwrapOpt', 'unwrapOpt', 'list(optional_type(V)) -> list(V)', unwrapped),
]
