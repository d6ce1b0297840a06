/**
 * Plain JSON seen as CEL values, in place: a list or an object is wrapped, its members are read when they are asked for.
 *
 *   JV1  With a schema's type: strings become timestamps, durations or bytes where it says so, numbers doubles; null where the
 *        schema is not nullable is "invalid data, got null for schema with nullable=false".
 *   JV2  Without: whole numbers are ints, others doubles.
 *   JV3  Fields of an object type are found by their CEL name (`__dash__`); a field that is null is an absent field.
 *   JV4  Only own properties count (CV2 in cel-value.ts).
 */
import { exactNumberText, isExactNumber } from '../schema/clone.ts'
import { decodeBase64 } from '../schema/base64.ts'
import { dynType } from './cel-type.ts'
import type { CelType, ListType, MapType, ObjectType, ScalarType } from './cel-type.ts'
import { CelDuration, CelFault, CelList, CelMap, CelTimestamp } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { readGoDuration, readRfc3339 } from './time.ts'

/** A JSON value, or a CelValue that is passed through, as a value of this type. */
export function fromJson(json: unknown, type: CelType): CelValue | CelFault {
  switch (type.kind) {
    case 'list':
      return Array.isArray(json) ? new JsonList(json, type) : otherwise(json, type, 'invalid data, expected an array for the provided schema with type=array')
    case 'map':
      return isJsonObject(json) ? new JsonMap(json, type) : otherwise(json, type, 'invalid data, expected a map for the provided schema with type=object')
    case 'object':
      return isJsonObject(json) ? new JsonObject(json, type) : otherwise(json, type, 'invalid data, expected a map for the provided schema with type=object')
    case 'opaque':
      return json === undefined ? new CelFault('no such attribute') : (json as CelValue)
    case 'dyn':
      return type.jsonFormat === 'int-or-string' ? intOrString(json, type) : untyped(json)
    default:
      return scalar(json, type)
  }
}

function isJsonObject(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !isCelValue(json) && !isExactNumber(json)
}

/** JSON objects have no class; values of CEL have one each. */
function isCelValue(value: object): value is CelValue & object {
  const prototype: unknown = Object.getPrototypeOf(value)
  return !Array.isArray(value) && prototype !== Object.prototype && prototype !== null
}

function otherwise(json: unknown, type: ListType | MapType | ObjectType | ScalarType, message: string): CelValue | CelFault {
  if (json === null || json === undefined) return type.nullable === true ? null : new CelFault('invalid data, got null for schema with nullable=false')
  if (typeof json === 'object' && isCelValue(json)) return json
  return new CelFault(message)
}

function intOrString(json: unknown, type: ScalarType): CelValue | CelFault {
  if (typeof json === 'string' || typeof json === 'bigint') return json
  if (isExactNumber(json)) return BigInt(exactNumberText(json))
  if (typeof json === 'number' && Number.isInteger(json)) return BigInt(json)
  return otherwise(json, type, 'invalid data, expected XIntOrString value to be either a string or integer')
}

/** JV2 */
export function untyped(json: unknown): CelValue | CelFault {
  switch (typeof json) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return json
    case 'number':
      return Number.isInteger(json) ? BigInt(json) : json
    case 'object':
      if (json === null) return null
      if (Array.isArray(json)) return new JsonList(json, untypedList)
      if (isCelValue(json)) return json
      if (isExactNumber(json)) return BigInt(exactNumberText(json))
      return new JsonMap(json as Readonly<Record<string, unknown>>, untypedMap)
    case 'undefined':
      return null
    default:
      return new CelFault(`unsupported value of type ${typeof json}`)
  }
}

const untypedList: ListType = { kind: 'list', element: dynType }
const untypedMap: MapType = { kind: 'map', key: { kind: 'string' }, value: dynType }

function scalar(json: unknown, type: Exclude<CelType, ListType | MapType | ObjectType>): CelValue | CelFault {
  const scalarType = type as ScalarType
  switch (type.kind) {
    case 'string':
      return typeof json === 'string' ? json : otherwise(json, scalarType, `invalid data, expected string, got ${typeof json}`)
    case 'bool':
      return typeof json === 'boolean' ? json : otherwise(json, scalarType, 'invalid data, expected a boolean')
    case 'int':
      return integer(json, scalarType)
    case 'double':
      if (typeof json === 'bigint' || isExactNumber(json)) return Number(typeof json === 'bigint' ? json : exactNumberText(json))
      return typeof json === 'number' ? json : otherwise(json, scalarType, `invalid data, expected double, got ${typeof json}`)
    case 'timestamp':
      return typeof json === 'string' ? timestamp(json, scalarType) : otherwise(json, scalarType, `invalid data, expected string, got ${typeof json}`)
    case 'duration': {
      if (typeof json !== 'string') return otherwise(json, scalarType, `invalid data, expected string, got ${typeof json}`)
      const nanos = readGoDuration(json)
      return nanos === undefined ? new CelFault(`Invalid duration ${json}`) : new CelDuration(nanos)
    }
    case 'bytes':
      return typeof json === 'string' ? bytes(json) : otherwise(json, scalarType, `invalid data, expected string, got ${typeof json}`)
    default:
      return untyped(json)
  }
}

function integer(json: unknown, type: ScalarType): CelValue | CelFault {
  if (typeof json === 'bigint') return json
  if (typeof json === 'number' && Number.isInteger(json)) return BigInt(json)
  if (isExactNumber(json)) return BigInt(exactNumberText(json))
  return otherwise(json, type, `invalid data, expected int, got ${typeof json}`)
}

function timestamp(text: string, type: ScalarType): CelValue | CelFault {
  const isDate = type.jsonFormat === 'date'
  const instant = readRfc3339(isDate ? `${text}T00:00:00Z` : text)
  if (instant !== undefined) return new CelTimestamp(instant.nanos, instant.offsetSeconds)
  return new CelFault(`Invalid ${isDate ? 'date' : 'date-time'} formatted string ${text}`)
}

function bytes(text: string): CelValue | CelFault {
  try {
    return decodeBase64(text)
  } catch {
    return new CelFault(`Invalid byte formatted string ${text}`)
  }
}

export class JsonList extends CelList {
  readonly json: readonly unknown[]
  readonly type: ListType

  constructor(json: readonly unknown[], type: ListType) {
    super()
    this.json = json
    this.type = type
  }

  get size(): number {
    return this.json.length
  }

  at(index: number): CelValue | CelFault {
    return fromJson(this.json[index], this.type.element)
  }
}

export class JsonMap extends CelMap {
  readonly json: Readonly<Record<string, unknown>>
  readonly type: MapType
  #keys: readonly string[] | undefined

  constructor(json: Readonly<Record<string, unknown>>, type: MapType) {
    super()
    this.json = json
    this.type = type
  }

  get size(): number {
    return this.keys().length
  }

  find(key: CelValue): CelValue | CelFault | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.json, key)) return undefined // JV4
    return fromJson(this.json[key], this.type.value)
  }

  keys(): readonly string[] {
    this.#keys ??= Object.keys(this.json)
    return this.#keys
  }
}

export class JsonObject extends CelMap {
  readonly json: Readonly<Record<string, unknown>>
  readonly type: ObjectType
  #keys: readonly string[] | undefined

  constructor(json: Readonly<Record<string, unknown>>, type: ObjectType) {
    super()
    this.json = json
    this.type = type
  }

  /** As upstream: every member counts, declared or not. */
  get size(): number {
    return Object.keys(this.json).length
  }

  find(key: CelValue): CelValue | CelFault | undefined {
    if (typeof key !== 'string') return undefined
    const field = this.type.fields.get(key) // JV3
    if (field === undefined || !Object.hasOwn(this.json, field.jsonName)) return undefined
    const json = this.json[field.jsonName]
    return json === null || json === undefined ? undefined : fromJson(json, field.type)
  }

  keys(): readonly string[] {
    if (this.#keys === undefined) {
      const names = new Map([...this.type.fields].flatMap(([name, field]) => (field.isAlias === true ? [] : [[field.jsonName, name] as const])))
      this.#keys = Object.keys(this.json).flatMap(name => names.get(name) ?? [])
    }
    return this.#keys
  }
}
