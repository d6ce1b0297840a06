/**
 * Values while an expression runs. Plain JSON stays plain: lists and objects are wrapped where they lie and their members are
 * read when an expression asks for them.
 *
 *   CEL                 JavaScript                     CEL                JavaScript
 *   null, bool, string  the same                       timestamp          CelTimestamp (nanoseconds since 1970)
 *   int                 bigint                         duration           CelDuration (nanoseconds)
 *   uint                CelUint                        list, map          CelList, CelMap
 *   double              number                         type               CelTypeValue
 *   bytes               Uint8Array                     optional           CelOptional
 *   everything that a library adds (quantities, URLs, …) and constructed objects: a CelOpaque, a CelStruct
 *
 *   CV1  A failure is a value too (CelFault), so that `||` and `&&` can absorb it without the price of an exception.
 *   CV2  Only own properties of JSON objects exist: `self.constructor` and `self['__proto__']` are no such key.
 */
import type { CelType } from './cel-type.ts'

export class CelUint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

export class CelTimestamp {
  readonly nanos: bigint
  /** East of UTC, as the text it was read from had it: its text keeps it, its calendar does not. */
  readonly offsetSeconds: number
  constructor(nanos: bigint, offsetSeconds = 0) {
    this.nanos = nanos
    this.offsetSeconds = offsetSeconds
  }
}

export class CelDuration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

export class CelTypeValue {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}

export class CelOptional {
  static readonly none = new CelOptional(undefined)
  readonly value: CelValue | undefined
  constructor(value: CelValue | undefined) {
    this.value = value
  }
}

/** A failure on its way (CV1). */
export class CelFault {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export abstract class CelList {
  abstract readonly size: number
  /** `index` is within the list. */
  abstract at(index: number): CelValue | CelFault

  /** Visits every item in order, until a visit says false; whether all were visited. `offset` is added to the indexes. */
  each(visit: (item: CelValue | CelFault, index: number) => boolean, offset = 0): boolean {
    for (let index = 0; index < this.size; index += 1) if (!visit(this.at(index), offset + index)) return false
    return true
  }
}

export abstract class CelMap {
  abstract readonly size: number
  /** Undefined: there is no such key. */
  abstract find(key: CelValue): CelValue | CelFault | undefined
  abstract keys(): readonly CelValue[]

  /** What `in` says; otherwise than `find` only for maps that find something for any key. */
  has(key: CelValue): boolean | CelFault {
    const found = this.find(key)
    return found instanceof CelFault ? found : found !== undefined
  }
}

/** A value of a library's own type. */
export abstract class CelOpaque {
  abstract readonly typeName: string
  abstract equals(other: CelOpaque): boolean | CelFault
  /** What upstream's cost rules take for its size. */
  get costSize(): number {
    return 1
  }
  /** Whether comparing two is one step, whatever their size. */
  get comparesAtOnce(): boolean {
    return true
  }
}

/** A constructed object: `Object.spec{replicas: 3}`. */
export class CelStruct {
  readonly typeName: string
  readonly fields: ReadonlyMap<string, CelValue>
  constructor(typeName: string, fields: ReadonlyMap<string, CelValue>) {
    this.typeName = typeName
    this.fields = fields
  }
}

/** An object whose fields are computed when they are first read, such as the `variables` of a policy. */
export class CelLazyObject {
  readonly typeName: string
  readonly #compute: (field: string) => CelValue | CelFault | undefined
  readonly #known = new Map<string, CelValue | CelFault | undefined>()

  constructor(typeName: string, compute: (field: string) => CelValue | CelFault | undefined) {
    this.typeName = typeName
    this.#compute = compute
  }

  find(field: string): CelValue | CelFault | undefined {
    if (this.#known.has(field)) return this.#known.get(field)
    const value = this.#compute(field)
    this.#known.set(field, value)
    return value
  }
}

export type CelValue =
  | null | boolean | string | bigint | number | Uint8Array
  | CelUint | CelTimestamp | CelDuration | CelTypeValue | CelOptional | CelList | CelMap | CelOpaque | CelStruct | CelLazyObject

/** The name that `type()` gives a value. */
export function typeNameOf(value: CelValue): string {
  switch (typeof value) {
    case 'string':
      return 'string'
    case 'bigint':
      return 'int'
    case 'number':
      return 'double'
    case 'boolean':
      return 'bool'
  }
  if (value === null) return 'null_type'
  if (value instanceof CelList) return 'list'
  if (value instanceof CelMap) return 'map'
  if (value instanceof CelUint) return 'uint'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp'
  if (value instanceof CelDuration) return 'google.protobuf.Duration'
  if (value instanceof CelTypeValue) return 'type'
  if (value instanceof CelOptional) return 'optional_type'
  return value.typeName
}

/** The run-time name of a declared type. */
export function runtimeTypeName(type: CelType): string {
  switch (type.kind) {
    case 'null':
      return 'null_type'
    case 'timestamp':
      return 'google.protobuf.Timestamp'
    case 'duration':
      return 'google.protobuf.Duration'
    case 'object':
    case 'opaque':
      return type.name
    case 'parameter':
      return 'dyn'
    default:
      return type.kind
  }
}
