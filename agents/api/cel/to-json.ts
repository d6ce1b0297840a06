/**
 * The plain JSON of a value, as protobuf's JSON mapping has it.
 *
 *   TJ1  JSON that was wrapped in place comes back as it lay, uncopied.
 *   TJ2  int and uint become numbers where a double holds them and exact numbers beyond; bytes base64; timestamps and durations text.
 *   TJ3  Map keys must be strings, and a value of a library's own type has no JSON: CelEvaluationError.
 */
import { encodeBase64 } from '../schema/base64.ts'
import { exactNumber, setOwn } from '../schema/clone.ts'
import { CelEvaluationError } from './cel-error.ts'
import { CelDuration, CelFault, CelList, CelMap, CelOptional, CelStruct, CelTimestamp, CelUint, typeNameOf } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { JsonList, JsonMap, JsonObject } from './json-value.ts'
import { durationText, timestampText } from './time.ts'

export function celToJson(value: CelValue | CelFault): unknown {
  if (value instanceof CelFault) throw new CelEvaluationError(value.message)
  if (typeof value === 'bigint') return integer(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof JsonList || value instanceof JsonMap || value instanceof JsonObject) return value.json // TJ1
  if (value instanceof CelList) return Array.from({ length: value.size }, (_, index) => celToJson(value.at(index)))
  if (value instanceof CelMap) return objectOf(value.keys().map(key => [key, value.find(key) ?? null]))
  if (value instanceof CelStruct) return objectOf([...value.fields])
  if (value instanceof CelUint) return integer(value.value)
  if (value instanceof Uint8Array) return encodeBase64(value)
  if (value instanceof CelTimestamp) return timestampText(value)
  if (value instanceof CelDuration) return durationText(value.nanos)
  if (value instanceof CelOptional) return value.value === undefined ? null : celToJson(value.value)
  throw new CelEvaluationError(`unsupported conversion of ${typeNameOf(value)} to JSON`) // TJ3
}

/** TJ2 */
function integer(value: bigint): number {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : exactNumber(String(value))
}

function objectOf(entries: readonly (readonly [CelValue, CelValue | CelFault])[]): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  for (const [key, value] of entries) {
    if (typeof key !== 'string') throw new CelEvaluationError(`map key ${String(key)} is of type ${typeNameOf(key)}, not string`) // TJ3
    setOwn(object, key, celToJson(value))
  }
  return object
}
