/**
 * Conversions between kinds: `int('5')`, `string(duration('1h'))`, `type(x)`, `dyn(x)`.
 *
 *   CN1  What cannot be represented is an error: a double beyond int64 is "integer overflow", text that is no number "type conversion
 *        error from 'string' to 'int'".
 *   CN2  Texts of numbers are Go's: no spaces; underscores between digits of doubles, and hexadecimal doubles, are read.
 */
import { CelDuration, CelFault, CelTypeValue, CelUint, typeNameOf } from '../cel-value.ts'
import type { CelTimestamp, CelValue } from '../cel-value.ts'
import { global } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { durationText, epochSeconds, readGoDuration, readRfc3339, timestampText } from '../time.ts'
import { duration, int, timestamp, uint } from './operators.ts'

type Result = CelValue | CelFault
const same = (value: CelValue): Result => value

/** CN1 */
function unreadable(to: string): CelFault {
  return new CelFault(`type conversion error from 'string' to '${to}'`)
}

function intOfText(text: string): Result {
  const value = /^[+-]?\d{1,1000}$/.test(text) ? int(BigInt(text.replace('+', ''))) : undefined
  return value === undefined || value instanceof CelFault ? unreadable('int') : value
}

function uintOfText(text: string): Result {
  const value = /^\d{1,1000}$/.test(text) ? uint(BigInt(text)) : undefined
  return value === undefined || value instanceof CelFault ? unreadable('uint') : value
}

const specialDoubles: ReadonlyMap<string, number> = new Map([['nan', Number.NaN], ['inf', Infinity], ['+inf', Infinity], ['-inf', -Infinity], ['infinity', Infinity], ['+infinity', Infinity], ['-infinity', -Infinity]])

function doubleOfText(text: string): Result {
  const special = specialDoubles.get(text.toLowerCase())
  if (special !== undefined) return special
  const digits = /(?:^|[^\da-fA-F])_|_(?:$|[^\da-fA-F])/.test(text) ? '' : text.replaceAll('_', '')
  const hexadecimal = /^([+-]?)0[xX]([\da-fA-F]*)\.?([\da-fA-F]*)[pP]([+-]?\d{1,9})$/.exec(digits)
  if (hexadecimal !== null) return doubleOfHexadecimal(hexadecimal)
  const value = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(digits) ? Number(digits) : Number.NaN
  return Number.isFinite(value) ? value : unreadable('double')
}

function doubleOfHexadecimal([, sign, whole, fraction, power]: RegExpExecArray): Result {
  const digits = `${whole}${fraction}`
  if (digits === '' || digits.length > 200) return unreadable('double')
  const value = Number(BigInt(`0x${digits}`)) * 2 ** (Number(power) - 4 * fraction!.length)
  return Number.isFinite(value) ? (sign === '-' ? -value : value) : unreadable('double')
}

function intOfDouble(value: number): Result {
  if (!Number.isFinite(value) || value <= -(2 ** 63) || value >= 2 ** 63) return new CelFault('integer overflow')
  return BigInt(Math.trunc(value))
}

function uintOfDouble(value: number): Result {
  if (!Number.isFinite(value) || value < 0 || value >= 2 ** 64) return new CelFault('unsigned integer overflow')
  return new CelUint(BigInt(Math.trunc(value)))
}

const trueTexts: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const falseTexts: ReadonlySet<string> = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

function boolOfText(text: string): Result {
  if (trueTexts.has(text)) return true
  return falseTexts.has(text) ? false : unreadable('bool')
}

/** A double as Go writes it with %g and the fewest digits: "1e+06", "-12300", "0.1". */
export function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf'
  if (Object.is(value, -0)) return '-0'
  const exponent = Number(value.toExponential().split('e')[1])
  if (exponent >= -4 && exponent < 6) return String(value)
  const [mantissa, power] = value.toExponential().split('e') as [string, string]
  const digits = power.slice(1).padStart(2, '0')
  return `${mantissa}e${power[0] === '-' ? '-' : '+'}${digits}`
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOfBytes(bytes: Uint8Array): Result {
  try {
    return decoder.decode(bytes)
  } catch {
    return new CelFault('invalid UTF-8 in bytes, cannot convert to string')
  }
}

function durationOfText(text: string): Result {
  const nanos = readGoDuration(text)
  return nanos === undefined ? unreadable('google.protobuf.Duration') : duration(nanos)
}

function timestampOfText(text: string): Result {
  const instant = readRfc3339(text)
  return instant === undefined ? unreadable('google.protobuf.Timestamp') : timestamp(instant.nanos, instant.offsetSeconds)
}

export const conversions: readonly CelOverload[] = [
  global('type', 'type', 'A -> type(A)', (value: CelValue) => new CelTypeValue(typeNameOf(value))),
  global('to_dyn', 'dyn', 'A -> dyn', same),
  global('bool_to_bool', 'bool', 'bool -> bool', same),
  global('string_to_bool', 'bool', 'string -> bool', boolOfText),
  global('bytes_to_bytes', 'bytes', 'bytes -> bytes', same),
  global('string_to_bytes', 'bytes', 'string -> bytes', (text: string) => new TextEncoder().encode(text)),
  global('double_to_double', 'double', 'double -> double', same),
  global('int64_to_double', 'double', 'int -> double', (value: bigint) => Number(value)),
  global('string_to_double', 'double', 'string -> double', doubleOfText),
  global('uint64_to_double', 'double', 'uint -> double', (value: CelUint) => Number(value.value)),
  global('duration_to_duration', 'duration', 'duration -> duration', same),
  global('int64_to_duration', 'duration', 'int -> duration', (nanos: bigint) => new CelDuration(nanos)),
  global('string_to_duration', 'duration', 'string -> duration', durationOfText),
  global('int64_to_int64', 'int', 'int -> int', same),
  global('double_to_int64', 'int', 'double -> int', intOfDouble),
  global('duration_to_int64', 'int', 'duration -> int', (value: CelDuration) => value.nanos),
  global('string_to_int64', 'int', 'string -> int', intOfText),
  global('timestamp_to_int64', 'int', 'timestamp -> int', (value: CelTimestamp) => epochSeconds(value.nanos)),
  global('uint64_to_int64', 'int', 'uint -> int', (value: CelUint) => int(value.value)),
  global('string_to_string', 'string', 'string -> string', same),
  global('bool_to_string', 'string', 'bool -> string', (value: boolean) => String(value)),
  global('bytes_to_string', 'string', 'bytes -> string', textOfBytes),
  global('double_to_string', 'string', 'double -> string', doubleText),
  global('duration_to_string', 'string', 'duration -> string', (value: CelDuration) => durationText(value.nanos)),
  global('int64_to_string', 'string', 'int -> string', (value: bigint) => String(value)),
  global('timestamp_to_string', 'string', 'timestamp -> string', (value: CelTimestamp) => timestampText(value)),
  global('uint64_to_string', 'string', 'uint -> string', (value: CelUint) => String(value.value)),
  global('timestamp_to_timestamp', 'timestamp', 'timestamp -> timestamp', same),
  global('int64_to_timestamp', 'timestamp', 'int -> timestamp', (seconds: bigint) => timestamp(seconds * 1_000_000_000n)),
  global('string_to_timestamp', 'timestamp', 'string -> timestamp', timestampOfText),
  global('uint64_to_uint64', 'uint', 'uint -> uint', same),
  global('double_to_uint64', 'uint', 'double -> uint', uintOfDouble),
  global('int64_to_uint64', 'uint', 'int -> uint', (value: bigint) => uint(value)),
  global('string_to_uint64', 'uint', 'string -> uint', uintOfText),
]
