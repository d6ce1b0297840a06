/**
 * Brings what a client sent into the form that is stored and served, by walking its definition: what upstream gets by
 * decoding into a Go struct and encoding that again.
 *
 *   DE1  Fields that the definition does not know are left out and reported with their path, for strict decoding.
 *   DE2  A value of the wrong JSON type is a TypeMismatchError with Go's text; nothing is coerced.
 *   DE3  Quantities, times and base64 become canonical; null means absent.
 *   DE4  What Go always writes is there (structs, required scalars), what it leaves out when zero is not. An absent list
 *        without omitempty is null where its kind's rules take a null (presence.json says so), as upstream writes it; another is []
 *        meanwhile, so that no rule meets a null.
 *   DE5  Decoding is idempotent.
 *   DE6  An empty managedFields is kept: it says that the object is to have none.
 */
import { remembering } from '../../base/remembering.ts'
import { sortFew } from '../../base/sort-few.ts'
import { Base64Error, canonicalBase64 } from './base64.ts'
import { deepClone, exactNumberText, isExactNumber, isPlainObject, setOwn } from './clone.ts'
import { shapeOf, type FieldShape, type Leaf, type Shape, type ValueShape } from './definitions.ts'
import { canonicalQuantity, QuantityError } from './quantity.ts'
import { canonicalMicroTime, canonicalTime, TimeTextError } from './time-leaf.ts'

export class TypeMismatchError extends Error {
  override readonly name = 'TypeMismatchError'
}

export interface Decoded {
  readonly object: Record<string, unknown>
  /** Paths of unknown fields, "spec.containers[0].foo". */
  readonly unknown: readonly string[]
}

const jsonSchemaProps = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps'
const int32Max = 2_147_483_647

export function decodeObject(value: unknown, definition: string): Decoded {
  const decoder = new Decoder()
  if (!isPlainObject(value)) throw new TypeMismatchError(`json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type v1.${shapeOf(definition).shortName}`)
  return { object: decoder.object(value, shapeOf(definition)), unknown: decoder.unknown }
}

/** Text of the error that fieldValidation=Strict answers with, or undefined if there is nothing to say. */
export function strictErrorText(found: { duplicates?: readonly string[]; unknown?: readonly string[] }): string | undefined {
  const texts = strictTexts(found)
  return texts.length === 0 ? undefined : `strict decoding error: ${texts.join(', ')}`
}

/** One text a finding, as fieldValidation=Warn puts them into Warning headers. */
export function strictTexts(found: { duplicates?: readonly string[]; unknown?: readonly string[] }): string[] {
  return [
    ...(found.unknown ?? []).map(path => `unknown field ${JSON.stringify(path)}`),
    ...(found.duplicates ?? []).map(path => `duplicate field ${JSON.stringify(path)}`),
  ].slice(0, 100)
}

/** A field, an index, or a key of a map, which Go's messages leave out. */
type Step = string | number | { readonly key: string }

class Decoder {
  readonly unknown: string[] = []
  readonly #path: Step[] = []
  #struct = ''

  object(value: Record<string, unknown>, shape: Shape): Record<string, unknown> {
    const result: Record<string, unknown> = {}
    const outer = this.#struct
    this.#struct = shape.shortName
    const present = fieldsOf(value, shape)
    const early = present === undefined ? this.#inDocumentOrder(value, shape) : undefined
    for (const field of withFilled(present ?? shape.fields.values(), shape)) {
      const given = Object.hasOwn(value, field.name) ? value[field.name] : undefined
      const decoded = early?.has(field.name) === true ? early.get(field.name) : this.#field(given, field)
      if (decoded !== undefined) result[field.name] = decoded
    }
    this.#struct = outer
    return result
  }

  /** With unknown fields about, everything is read in the order of the document, so that they are reported in it. */
  #inDocumentOrder(value: Record<string, unknown>, shape: Shape): Map<string, unknown> {
    const early = new Map<string, unknown>()
    for (const key of Object.keys(value)) {
      const field = shape.fields.get(key)
      if (field === undefined) this.#reportUnknown(key)
      else early.set(key, this.#field(value[key], field))
    }
    return early
  }

  #field(given: unknown, field: FieldShape): unknown {
    if (given === undefined || given === null) return emptyOf(field)
    this.#path.push(field.name)
    const decoded = this.#value(given, field.value, field.goType)
    this.#path.pop()
    return isDropped(decoded, field) ? emptyOf(field) : decoded
  }

  #value(given: unknown, shape: ValueShape, goType: string): unknown {
    switch (shape.is) {
      case 'leaf': return this.#leaf(given, shape.leaf, goType)
      case 'object':
        if (given === null) return this.object({}, shapeOf(shape.definition))
        if (!isPlainObject(given)) this.#mismatch(given, goType)
        return this.object(given as Record<string, unknown>, shapeOf(shape.definition))
      case 'array': {
        if (!Array.isArray(given)) this.#mismatch(given, goType)
        const itemType = itemTypeOf(goType)
        return (given as unknown[]).map((item, index) => {
          this.#path.push(index)
          const decoded = item === null && shape.items.is === 'leaf' ? zeroOf(shape.items.leaf) : this.#value(item, shape.items, itemType)
          this.#path.pop()
          return decoded
        })
      }
      case 'map': {
        if (!isPlainObject(given)) this.#mismatch(given, goType)
        const result: Record<string, unknown> = {}
        const itemType = itemTypeOf(goType)
        for (const key of Object.keys(given as object)) {
          const item = (given as Record<string, unknown>)[key]
          this.#path.push({ key })
          const isNullLeaf = item === null && shape.items.is === 'leaf'
          setOwn(result, key, isNullLeaf ? zeroOf((shape.items as { leaf: Leaf }).leaf) : item === null && shape.items.is === 'array' ? [] : this.#value(item, shape.items, itemType))
          this.#path.pop()
        }
        return result
      }
    }
  }

  #leaf(given: unknown, leaf: Leaf, goType: string): unknown {
    switch (leaf) {
      case 'string':
        if (typeof given !== 'string') this.#mismatch(given, goType)
        return given
      case 'boolean':
        if (typeof given !== 'boolean') this.#mismatch(given, goType)
        return given
      case 'int32':
      case 'int64': return this.#integer(given, leaf, goType)
      case 'number':
        if (typeof given !== 'number') this.#mismatch(given, goType)
        return given
      case 'bytes':
        if (typeof given !== 'string') this.#mismatch(given, goType)
        return this.#orMismatch(() => canonicalBase64(given as string))
      case 'Quantity':
        if (typeof given !== 'string' && typeof given !== 'number') throw new TypeMismatchError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")
        return this.#orMismatch(() => canonicalQuantity(given as string | number))
      case 'IntOrString':
        if (typeof given === 'string') return given
        if (typeof given !== 'number') throw new TypeMismatchError(`json: cannot unmarshal ${jsonTypeOf(given)} into Go value of type int32`)
        return this.#integer(given, 'int32', 'int32')
      case 'Time':
      case 'MicroTime': {
        if (typeof given !== 'string') throw new TypeMismatchError(`json: cannot unmarshal ${jsonTypeOf(given)} into Go value of type string`)
        return this.#orMismatch(() => (leaf === 'Time' ? canonicalTime(given) : canonicalMicroTime(given)))
      }
      case 'SchemaOrBool': return typeof given === 'boolean' ? given : this.#schema(given)
      case 'SchemaOrArray': return Array.isArray(given) ? given.map(item => this.#schema(item)) : this.#schema(given)
      case 'SchemaOrStrings': return Array.isArray(given) ? deepClone(given) : this.#schema(given)
      default: return deepClone(given)
    }
  }

  #integer(given: unknown, leaf: 'int32' | 'int64', goType: string): unknown {
    if (isExactNumber(given) && leaf === 'int64' && isInt64(exactNumberText(given))) return given
    if (isExactNumber(given)) this.#mismatch(given, goType, `number ${exactNumberText(given)}`)
    if (typeof given !== 'number') this.#mismatch(given, goType)
    const number = given as number
    const tooBig = leaf === 'int32' && (number > int32Max || number < -int32Max - 1)
    if (!Number.isInteger(number) || tooBig) this.#mismatch(given, goType, `number ${number}`)
    return number
  }

  #schema(given: unknown): unknown {
    if (!isPlainObject(given)) this.#mismatch(given, 'v1.JSONSchemaProps')
    return this.object(given as Record<string, unknown>, shapeOf(jsonSchemaProps))
  }

  #orMismatch<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (error instanceof QuantityError || error instanceof TimeTextError || error instanceof Base64Error) throw new TypeMismatchError(error.message)
      throw error
    }
  }

  #reportUnknown(key: string): void {
    if (this.unknown.length < 100) this.unknown.push([...this.#path, key].reduce<string>((text, step) => (typeof step === 'number' ? `${text}[${step}]` : withName(text, typeof step === 'string' ? step : step.key)), ''))
  }

  #mismatch(given: unknown, goType: string, found = jsonTypeOf(given)): never {
    const field = this.#path.filter(part => typeof part === 'string').join('.')
    throw new TypeMismatchError(`json: cannot unmarshal ${found} into Go struct field ${this.#struct}.${field} of type ${goType}`)
  }
}

function withName(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** Go types come from the schema: there are few. */
const itemTypeOf = remembering(goType => goType.replace(/^(\[\]|map\[[^\]]*\])/, ''), { maxLength: Infinity })

/** The given fields in the shape's order, which most have many more of than a value gives; undefined if one is unknown. */
function fieldsOf(value: Record<string, unknown>, shape: Shape): FieldShape[] | undefined {
  const present: FieldShape[] = []
  let inOrder = true
  let last = -1
  for (const key of Object.keys(value)) {
    const field = shape.fields.get(key)
    if (field === undefined) return undefined
    if (field.index < last) inOrder = false
    last = field.index
    present.push(field)
  }
  return inOrder ? present : sortFew(present, (a, b) => a.index - b.index)
}

const filledFields = new Map<Shape, readonly FieldShape[]>()

/** Fields that are there even when nobody gave them (DE4), put among those given. */
function withFilled(present: Iterable<FieldShape>, shape: Shape): Iterable<FieldShape> {
  if (!Array.isArray(present)) return present
  const given = present as FieldShape[]
  let filled = filledFields.get(shape)
  if (filled === undefined) {
    filled = [...shape.fields.values()].filter(isFilled)
    filledFields.set(shape, filled)
  }
  if (filled.length === 0) return given
  const merged: FieldShape[] = []
  let next = 0
  for (const field of given) {
    for (let other = filled[next]; other !== undefined && other.index <= field.index; other = filled[++next]) if (other !== field) merged.push(other)
    merged.push(field)
  }
  for (; next < filled.length; next++) merged.push(filled[next]!)
  return merged
}

/** Whether emptyOf makes something of it. */
function isFilled(field: FieldShape): boolean {
  return field.held === 'struct' || field.held === 'structLeaf' ? !field.omitZero : field.always
}

const emptyShapes = new Map<string, Record<string, unknown>>()

/** What an absent field becomes (DE4). */
function emptyOf(field: FieldShape): unknown {
  switch (field.held) {
    case 'pointer': return field.always ? null : undefined
    case 'struct': return field.omitZero ? undefined : emptyObject(field.value)
    case 'structLeaf': return field.omitZero ? undefined : zeroStructLeaf(field.value)
    case 'collection': return field.nullWhenEmpty ? null : field.always ? (field.value.is === 'map' ? {} : []) : undefined
    case 'bytes': return field.always ? null : undefined
    case 'scalar': return field.always ? zeroScalar(field.value) : undefined
  }
}

function emptyObject(value: ValueShape): Record<string, unknown> {
  if (value.is !== 'object') return {}
  let empty = emptyShapes.get(value.definition)
  if (empty === undefined) {
    empty = new Decoder().object({}, shapeOf(value.definition))
    emptyShapes.set(value.definition, empty)
  }
  return deepClone(empty)
}

function zeroStructLeaf(value: ValueShape): unknown {
  const leaf = value.is === 'leaf' ? value.leaf : undefined
  if (leaf === 'IntOrString') return 0
  if (leaf === 'Quantity') return '0'
  return null
}

function zeroScalar(value: ValueShape): unknown {
  return value.is === 'leaf' ? zeroOf(value.leaf) : undefined
}

function zeroOf(leaf: Leaf): unknown {
  if (leaf === 'boolean') return false
  if (leaf === 'int32' || leaf === 'int64' || leaf === 'number' || leaf === 'IntOrString') return 0
  if (leaf === 'Quantity') return '0'
  return leaf === 'string' || leaf === 'bytes' ? '' : null
}

function isDropped(value: unknown, field: FieldShape): boolean {
  switch (field.held) {
    case 'collection': return !field.always && !field.keptEmpty && (Array.isArray(value) ? value.length === 0 && field.name !== 'managedFields' : isPlainObject(value) && Object.keys(value).length === 0) // DE6
    case 'bytes': return value === '' && !field.always
    case 'scalar': return value === '' || value === 0 || value === false
    case 'struct': return field.omitZero && isPlainObject(value) && Object.keys(value).length === 0
    default: return false
  }
}

function isInt64(text: string): boolean {
  if (text.length > 20) return false
  const value = BigInt(text)
  return value === BigInt.asIntN(64, value)
}

export function jsonTypeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'object' && !isExactNumber(value)) return 'object'
  return typeof value === 'string' ? 'string' : 'number'
}
