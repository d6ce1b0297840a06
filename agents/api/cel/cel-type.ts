/**
 * The types of CEL as values: what a variable, a field or an expression is declared to be.
 *
 * `list(map(string, dyn))` is `{kind: 'list', element: {kind: 'map', …}}`. Objects are named; two object types are the same
 * type when their names are equal, as in protobuf. Sizes (`maxElements`, `minSerializedSize`) never decide whether an
 * expression is well typed; cost estimates read them.
 *
 *   CT1  dyn fits everything and everything fits dyn.
 *   CT2  null fits messages, timestamps, durations and opaque types, and nothing else.
 *   CT3  A type's text is upstream's: list(int), map(string, dyn), optional_type(int), type(int), kubernetes.URL.
 */
export type ScalarKind = 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'timestamp' | 'duration' | 'null' | 'dyn' | 'error'

interface Sizes {
  /** The most characters, bytes, items or entries a value can have; none: not known. */
  readonly maxElements?: number
  /** The fewest bytes a value takes as JSON. */
  readonly minSerializedSize?: number
}

export interface ScalarType extends Sizes {
  readonly kind: ScalarKind
  /** How plain JSON is read into the value: `date`, `int-or-string` … None: as the kind says. */
  readonly jsonFormat?: 'date' | 'date-time' | 'duration' | 'byte' | 'int-or-string'
  readonly nullable?: boolean
}

export interface ListType extends Sizes {
  readonly kind: 'list'
  readonly element: CelType
  /** x-kubernetes-list-type: sets compare without order, maps by their keys; `+` merges both. */
  readonly listType?: 'atomic' | 'set' | 'map'
  readonly mapKeys?: readonly string[]
  readonly nullable?: boolean
}

export interface MapType extends Sizes {
  readonly kind: 'map'
  readonly key: CelType
  readonly value: CelType
  readonly nullable?: boolean
}

export interface CelField {
  readonly type: CelType
  /** The name in JSON, where the name in CEL is an escaped one. */
  readonly jsonName: string
  /** A second name of the same property: iteration gives the first. */
  readonly isAlias?: boolean
}

export interface ObjectType extends Sizes {
  readonly kind: 'object'
  readonly name: string
  /** By the name in CEL. */
  readonly fields: ReadonlyMap<string, CelField>
  readonly nullable?: boolean
  /** It has whatever field is asked for, of type dyn, such as `Object.spec` of mutating policies. */
  readonly anyField?: boolean
}

export interface OpaqueType extends Sizes {
  readonly kind: 'opaque'
  readonly name: string
  readonly parameters: readonly CelType[]
}

/** The type of a type: `type(1)` is a `type(int)`. */
export interface MetaType extends Sizes {
  readonly kind: 'type'
  readonly of?: CelType
}

/** A placeholder in a declaration (`list(A)`), or one that the checker has not resolved yet. */
export interface TypeParameter extends Sizes {
  readonly kind: 'parameter'
  readonly name: string
}

export type CelType = ScalarType | ListType | MapType | ObjectType | OpaqueType | MetaType | TypeParameter

export const boolType: ScalarType = { kind: 'bool', minSerializedSize: 4 }
export const intType: ScalarType = { kind: 'int', minSerializedSize: 1 }
export const uintType: ScalarType = { kind: 'uint', minSerializedSize: 1 }
export const doubleType: ScalarType = { kind: 'double', minSerializedSize: 1 }
export const stringType: ScalarType = { kind: 'string', minSerializedSize: 2 }
export const bytesType: ScalarType = { kind: 'bytes', minSerializedSize: 2 }
export const timestampType: ScalarType = { kind: 'timestamp' }
export const durationType: ScalarType = { kind: 'duration' }
export const nullType: ScalarType = { kind: 'null' }
export const dynType: ScalarType = { kind: 'dyn', minSerializedSize: 1 }
export const errorType: ScalarType = { kind: 'error' }

export function listType(element: CelType): ListType {
  return { kind: 'list', element }
}

export function mapType(key: CelType, value: CelType): MapType {
  return { kind: 'map', key, value }
}

export function opaqueType(name: string, ...parameters: CelType[]): OpaqueType {
  return { kind: 'opaque', name, parameters }
}

export function optionalType(of: CelType): OpaqueType {
  return opaqueType('optional_type', of)
}

export function isOptionalType(type: CelType): type is OpaqueType {
  return type.kind === 'opaque' && type.name === 'optional_type'
}

/** An object type from its fields; names in JSON and in CEL are the same. */
export function objectType(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return { kind: 'object', name, fields: new Map(Object.entries(fields).map(([field, type]) => [field, { type, jsonName: field }])) }
}

const scalarNames: Readonly<Record<ScalarKind, string>> = {
  bool: 'bool', int: 'int', uint: 'uint', double: 'double', string: 'string', bytes: 'bytes', dyn: 'dyn', error: '!error!',
  timestamp: 'timestamp', duration: 'duration', null: 'null',
}

/** The text of a type in messages (CT3). */
export function typeText(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${typeText(type.element)})`
    case 'map':
      return `map(${typeText(type.key)}, ${typeText(type.value)})`
    case 'object':
      return type.name
    case 'opaque':
      return type.parameters.length === 0 ? type.name : `${type.name}(${type.parameters.map(typeText).join(', ')})`
    case 'type':
      return type.of === undefined ? 'type' : `type(${typeText(type.of)})`
    case 'parameter':
      return type.name
    default:
      return scalarNames[type.kind]
  }
}

/** Equal by structure; objects by name. Sizes do not count. */
export function isSameType(a: CelType, b: CelType): boolean {
  if (a === b) return true
  switch (a.kind) {
    case 'list':
      return b.kind === 'list' && isSameType(a.element, b.element)
    case 'map':
      return b.kind === 'map' && isSameType(a.key, b.key) && isSameType(a.value, b.value)
    case 'object':
      return b.kind === 'object' && a.name === b.name
    case 'opaque':
      return b.kind === 'opaque' && a.name === b.name && a.parameters.length === b.parameters.length && a.parameters.every((parameter, index) => isSameType(parameter, b.parameters[index]!))
    case 'type':
      return b.kind === 'type' && (a.of === undefined || b.of === undefined ? a.of === b.of : isSameType(a.of, b.of))
    case 'parameter':
      return b.kind === 'parameter' && a.name === b.name
    default:
      return a.kind === b.kind
  }
}
