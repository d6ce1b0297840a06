/**
 * Operators and the functions every CEL has: arithmetic, order, membership, size, string tests.
 *
 *   OP1  int is 64 bits and uint 64 bits without sign; what does not fit is "integer overflow", never a wrapped number.
 *   OP2  Division rounds towards zero; by zero it is an error, for doubles infinity or NaN.
 *   OP3  Numbers compare across kinds.
 */
import { areEqual, compareValues } from '../equality.ts'
import { concatenate } from '../collections.ts'
import { CelDuration, CelFault, CelTimestamp, CelUint } from '../cel-value.ts'
import type { CelList, CelMap, CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload, Implementation } from '../declarations.ts'
import { work } from '../frame.ts'
import { codePointLength } from '../text.ts'
import { isDurationInRange, isTimestampInRange } from '../time.ts'
import { compiledRegex } from './regex.ts'

const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const uint64Max = 2n ** 64n - 1n
type Result = CelValue | CelFault

/** OP1 */
export function int(value: bigint): Result {
  return value >= int64.min && value <= int64.max ? value : new CelFault('integer overflow')
}

export function uint(value: bigint): Result {
  return value >= 0n && value <= uint64Max ? new CelUint(value) : new CelFault('unsigned integer overflow')
}

export function duration(nanos: bigint): Result {
  return isDurationInRange(nanos) ? new CelDuration(nanos) : new CelFault('integer overflow')
}

export function timestamp(nanos: bigint, offsetSeconds = 0): Result {
  return isTimestampInRange(nanos) ? new CelTimestamp(nanos, offsetSeconds) : new CelFault('timestamp overflow')
}

function addBytes(a: Uint8Array, b: Uint8Array): Result {
  const sum = new Uint8Array(a.length + b.length)
  sum.set(a)
  sum.set(b, a.length)
  return sum
}

const arithmetic: readonly CelOverload[] = [
  global('add_bytes', '_+_', 'bytes, bytes -> bytes', addBytes),
  global('add_double', '_+_', 'double, double -> double', (a: number, b: number) => a + b),
  global('add_duration_duration', '_+_', 'duration, duration -> duration', (a: CelDuration, b: CelDuration) => duration(a.nanos + b.nanos)),
  global('add_duration_timestamp', '_+_', 'duration, timestamp -> timestamp', (a: CelDuration, b: CelTimestamp) => timestamp(a.nanos + b.nanos, b.offsetSeconds)),
  global('add_timestamp_duration', '_+_', 'timestamp, duration -> timestamp', (a: CelTimestamp, b: CelDuration) => timestamp(a.nanos + b.nanos, a.offsetSeconds)),
  global('add_int64', '_+_', 'int, int -> int', (a: bigint, b: bigint) => int(a + b)),
  global('add_list', '_+_', 'list(A), list(A) -> list(A)', concatenate),
  global('add_string', '_+_', 'string, string -> string', (a: string, b: string) => a + b),
  global('add_uint64', '_+_', 'uint, uint -> uint', (a: CelUint, b: CelUint) => uint(a.value + b.value)),
  global('divide_double', '_/_', 'double, double -> double', (a: number, b: number) => a / b),
  global('divide_int64', '_/_', 'int, int -> int', (a: bigint, b: bigint) => (b === 0n ? new CelFault('division by zero') : int(a / b))),
  global('divide_uint64', '_/_', 'uint, uint -> uint', (a: CelUint, b: CelUint) => (b.value === 0n ? new CelFault('division by zero') : uint(a.value / b.value))),
  global('modulo_int64', '_%_', 'int, int -> int', (a: bigint, b: bigint) => (b === 0n ? new CelFault('modulus by zero') : a === int64.min && b === -1n ? new CelFault('integer overflow') : a % b)),
  global('modulo_uint64', '_%_', 'uint, uint -> uint', (a: CelUint, b: CelUint) => (b.value === 0n ? new CelFault('modulus by zero') : uint(a.value % b.value))),
  global('multiply_double', '_*_', 'double, double -> double', (a: number, b: number) => a * b),
  global('multiply_int64', '_*_', 'int, int -> int', (a: bigint, b: bigint) => int(a * b)),
  global('multiply_uint64', '_*_', 'uint, uint -> uint', (a: CelUint, b: CelUint) => uint(a.value * b.value)),
  global('negate_double', '-_', 'double -> double', (a: number) => -a),
  global('negate_int64', '-_', 'int -> int', (a: bigint) => int(-a)),
  global('subtract_double', '_-_', 'double, double -> double', (a: number, b: number) => a - b),
  global('subtract_duration_duration', '_-_', 'duration, duration -> duration', (a: CelDuration, b: CelDuration) => duration(a.nanos - b.nanos)),
  global('subtract_int64', '_-_', 'int, int -> int', (a: bigint, b: bigint) => int(a - b)),
  global('subtract_timestamp_duration', '_-_', 'timestamp, duration -> timestamp', (a: CelTimestamp, b: CelDuration) => timestamp(a.nanos - b.nanos, a.offsetSeconds)),
  global('subtract_timestamp_timestamp', '_-_', 'timestamp, timestamp -> duration', (a: CelTimestamp, b: CelTimestamp) => duration(a.nanos - b.nanos)),
  global('subtract_uint64', '_-_', 'uint, uint -> uint', (a: CelUint, b: CelUint) => uint(a.value - b.value)),
]

const orderedTypes = ['bool', 'int64', 'int64_double', 'int64_uint64', 'uint64', 'uint64_double', 'uint64_int64', 'double', 'double_int64', 'double_uint64', 'string', 'bytes', 'timestamp', 'duration'] as const
const typeOfPart: Readonly<Record<string, string>> = { int64: 'int', uint64: 'uint' }

/** One operator for every pair of kinds that has an order (OP3). */
function order(operator: string, name: string, holds: (comparison: number) => boolean): CelOverload[] {
  const compare: Implementation = (a: CelValue, b: CelValue) => {
    const comparison = compareValues(a, b)
    return typeof comparison === 'number' ? holds(comparison) : comparison
  }
  return orderedTypes.map(kinds => {
    const [first, second = first] = kinds.split('_').map(part => typeOfPart[part] ?? part)
    return global(`${name}_${kinds}`, operator, `${first}, ${second} -> bool`, compare)
  })
}

function contains(item: CelValue, list: CelList): boolean | CelFault {
  let failed: CelFault | undefined
  work(list.size)
  for (let index = 0; index < list.size; index += 1) {
    const equal = areEqual(list.at(index), item)
    if (equal === true) return true
    if (equal instanceof CelFault) failed ??= equal
  }
  return failed ?? false
}

const never: Implementation = () => new CelFault('no such overload')

/** What the planner evaluates itself; here only for the checker. */
const planned: readonly CelOverload[] = [
  global('conditional', '_?_:_', 'bool, A, A -> A', never),
  global('logical_and', '_&&_', 'bool, bool -> bool', never),
  global('logical_or', '_||_', 'bool, bool -> bool', never),
  global('not_strictly_false', '@not_strictly_false', 'bool -> bool', never),
  global('equals', '_==_', 'A, A -> bool', never),
  global('not_equals', '_!=_', 'A, A -> bool', never),
  global('index_list', '_[_]', 'list(A), int -> A', never),
  global('index_map', '_[_]', 'map(A, B), A -> B', never),
]

const tests: readonly CelOverload[] = [
  global('logical_not', '!_', 'bool -> bool', (value: boolean) => !value),
  global('in_list', '@in', 'A, list(A) -> bool', contains),
  global('in_map', '@in', 'A, map(A, B) -> bool', (key: CelValue, map: CelMap) => map.has(key)),
  ...['bytes', 'list', 'map', 'string'].flatMap(kind => {
    const type = kind === 'list' ? 'list(A)' : kind === 'map' ? 'map(A, B)' : kind
    return [global(`size_${kind}`, 'size', `${type} -> int`, size), member(`${kind}_size`, 'size', `${type} -> int`, size)]
  }),
  member('contains_string', 'contains', 'string, string -> bool', (text: string, part: string) => text.includes(part)),
  member('ends_with_string', 'endsWith', 'string, string -> bool', (text: string, part: string) => text.endsWith(part)),
  member('starts_with_string', 'startsWith', 'string, string -> bool', (text: string, part: string) => text.startsWith(part)),
  global('matches', 'matches', 'string, string -> bool', matches),
  member('matches_string', 'matches', 'string, string -> bool', matches),
]

function size(value: string | Uint8Array | CelList | CelMap): bigint {
  if (typeof value === 'string') return BigInt(codePointLength(value))
  return BigInt(value instanceof Uint8Array ? value.length : value.size)
}

function matches(text: string, pattern: string): Result {
  const regex = compiledRegex(pattern)
  return regex instanceof CelFault ? regex : regex.matcher(text).find()
}

export const operators: readonly CelOverload[] = [
  ...planned, ...arithmetic, ...tests,
  ...order('_<_', 'less', comparison => comparison < 0),
  ...order('_<=_', 'less_equals', comparison => comparison <= 0),
  ...order('_>_', 'greater', comparison => comparison > 0),
  ...order('_>=_', 'greater_equals', comparison => comparison >= 0),
]
