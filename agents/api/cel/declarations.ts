/**
 * Functions as libraries declare them: a name, overloads with their types, and what runs.
 *
 *   member('string_char_at_int', 'charAt', 'string, int -> string', charAt)      'abc'.charAt(1)
 *   global('string_to_url', 'url', 'string -> kubernetes.URL', readUrl)          url('https://…')
 *
 *   DE1  In a signature a single capital letter is any type, the same one wherever it stands.
 *   DE2  Overload ids are upstream's: cost rules know calls by them.
 *   DE3  When types were known only at run time, the overload is chosen by the values; of a list or map the first entry counts.
 */
import { bytesType, boolType, doubleType, durationType, dynType, intType, nullType, opaqueType, stringType, timestampType, uintType } from './cel-type.ts'
import type { CelType } from './cel-type.ts'
import { CelDuration, CelFault, CelList, CelMap, CelOpaque, CelOptional, CelTimestamp, CelTypeValue, CelUint } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'

/** What runs: as many arguments as the signature has, already of the right types. */
export type Implementation = (...args: never[]) => CelValue | CelFault

export interface CelOverload {
  readonly id: string
  readonly name: string
  readonly isMember: boolean
  readonly parameters: readonly CelType[]
  readonly result: CelType
  readonly typeParameters: readonly string[]
  readonly call: (...args: CelValue[]) => CelValue | CelFault
}

export function member(id: string, name: string, signature: string, call: Implementation): CelOverload {
  return overload(id, name, true, signature, call)
}

export function global(id: string, name: string, signature: string, call: Implementation): CelOverload {
  return overload(id, name, false, signature, call)
}

function overload(id: string, name: string, isMember: boolean, signature: string, call: Implementation): CelOverload {
  const { parameters, result } = readSignature(signature)
  const typeParameters = new Set<string>()
  for (const type of [...parameters, result]) collectParameters(type, typeParameters)
  return { id, name, isMember, parameters, result, typeParameters: [...typeParameters], call: call as CelOverload['call'] }
}

/** Functions by name, in the order their overloads are tried. */
export type FunctionTable = ReadonlyMap<string, readonly CelOverload[]>

export function functionTable(...libraries: readonly (readonly CelOverload[])[]): FunctionTable {
  const table = new Map<string, CelOverload[]>()
  for (const declared of libraries.flat()) {
    const known = table.get(declared.name)
    if (known === undefined) table.set(declared.name, [declared])
    else known.push(declared)
  }
  return table
}

function collectParameters(type: CelType, into: Set<string>): void {
  if (type.kind === 'parameter') into.add(type.name)
  for (const part of partsOf(type)) collectParameters(part, into)
}

/** The types a type is made of. */
export function partsOf(type: CelType): readonly CelType[] {
  switch (type.kind) {
    case 'list':
      return [type.element]
    case 'map':
      return [type.key, type.value]
    case 'opaque':
      return type.parameters
    case 'type':
      return type.of === undefined ? [] : [type.of]
    default:
      return []
  }
}

const scalars: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ['bool', boolType], ['int', intType], ['uint', uintType], ['double', doubleType], ['string', stringType], ['bytes', bytesType],
  ['timestamp', timestampType], ['duration', durationType], ['null', nullType], ['dyn', dynType],
])

export function readSignature(signature: string): { readonly parameters: readonly CelType[]; readonly result: CelType } {
  const [before, after] = signature.split('->')
  return { parameters: before!.trim() === '' ? [] : splitTypes(before!).map(readType), result: readType(after!) }
}

function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1
    if (text[at] === ')') depth -= 1
    if (text[at] !== ',' || depth > 0) continue
    parts.push(text.slice(start, at))
    start = at + 1
  }
  return [...parts, text.slice(start)]
}

function readType(text: string): CelType {
  const match = /^\s*([\w.]+)\s*(?:\((.*)\))?\s*$/s.exec(text)
  if (match === null) throw new Error(`not a type: ${text}`)
  const name = match[1]!
  const parts = match[2] === undefined ? [] : splitTypes(match[2]).map(readType)
  if (name === 'list') return { kind: 'list', element: parts[0]! }
  if (name === 'map') return { kind: 'map', key: parts[0]!, value: parts[1]! }
  if (name === 'type') return parts[0] === undefined ? { kind: 'type' } : { kind: 'type', of: parts[0] }
  if (/^[A-Z]$/.test(name)) return { kind: 'parameter', name } // DE1
  return scalars.get(name) ?? opaqueType(name, ...parts)
}

/** Whether a value can be an argument of this declared type (DE3). */
export function isAcceptable(type: CelType, value: CelValue | CelFault): boolean {
  switch (type.kind) {
    case 'int':
      return typeof value === 'bigint'
    case 'double':
      return typeof value === 'number'
    case 'string':
      return typeof value === 'string'
    case 'bool':
      return typeof value === 'boolean'
    case 'null':
      return value === null
    case 'uint':
      return value instanceof CelUint
    case 'bytes':
      return value instanceof Uint8Array
    case 'timestamp':
      return value instanceof CelTimestamp
    case 'duration':
      return value instanceof CelDuration
    case 'list':
      return value instanceof CelList && (value.size === 0 || isLoose(type.element) || isAcceptable(type.element, value.at(0)))
    case 'map':
      return value instanceof CelMap && (value.size === 0 || (isLoose(type.key) && isLoose(type.value)) || isAcceptableEntry(type.key, type.value, value))
    case 'opaque':
      return type.name === 'optional_type' ? value instanceof CelOptional : value instanceof CelOpaque && value.typeName === type.name
    case 'type':
      return value instanceof CelTypeValue
    case 'object':
      return true
    case 'error':
      return false
    default:
      return !(value instanceof CelFault)
  }
}

/** A list of lists is only flatten's, which takes any list. */
function isLoose(type: CelType): boolean {
  return type.kind === 'parameter' || type.kind === 'dyn' || type.kind === 'list'
}

function isAcceptableEntry(key: CelType, value: CelType, map: CelMap): boolean {
  const first = map.keys()[0]
  if (first === undefined) return true
  const found = map.find(first)
  return isAcceptable(key, first) && found !== undefined && isAcceptable(value, found)
}
