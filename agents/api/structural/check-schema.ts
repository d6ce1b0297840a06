/**
 * Is a schema one that a definition may have? Its parts, one by one; whether it is structural is asked in structurality.ts.
 * Upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go.
 *
 *   CK1  What OpenAPI has and structural schemas have not is refused by name, at its place.
 *   CK2  Lists that are sets or maps can be told apart by their elements: sets of atomic things, maps of objects with required
 *        or defaulted scalar keys.
 *   CK3  No defaults where they could not be pruned: in the root's own metadata, and in maps that apply to metadata.
 *   CK4  What an older definition already had wrong is not held against its update: `tolerates` names it.
 */
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts'
import { isPlainObject } from '../schema/clone.ts'
import { findField, FieldPathError } from './field-path.ts'
import { additionalOf, defaultOf, isEmbedded, itemsOf, type Schema } from './schema.ts'

export interface Tolerance {
  readonly unknownTypes?: boolean
  readonly nonAtomicSets?: boolean
  readonly looseMapKeys?: boolean
}

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const metaFields = new Set(['metadata', 'kind', 'apiVersion'])
const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

interface Place {
  /** Why no default may stand here. */
  readonly noDefaults?: string
  readonly insideMetadata?: boolean
}

export function checkSchema(schema: Schema, path: string, tolerates: Tolerance = {}): FieldError[] {
  const errors: FieldError[] = []
  new SchemaCheck(tolerates, errors).check(schema, path, {}, true)
  return errors
}

export function hasUnknownType(schema: Schema): boolean {
  return (schema.type ?? '') !== '' && !types.includes(schema.type!)
}

export function isNonAtomicSet(schema: Schema): boolean {
  const items = itemsOf(schema)
  if (schema['x-kubernetes-list-type'] !== 'set' || items === undefined) return false
  if (items.type === 'array') return (items['x-kubernetes-list-type'] ?? 'atomic') !== 'atomic'
  return items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic'
}

/** What is loose about the elements of a set or map (CK2). */
export function looseElements(schema: Schema, path: string): FieldError[] {
  const items = itemsOf(schema)
  const listType = schema['x-kubernetes-list-type']
  if (items === undefined || (listType !== 'set' && listType !== 'map')) return []
  const errors: FieldError[] = []
  if (items.nullable === true) errors.push(forbidden(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`))
  if (listType === 'set') return errors
  for (const key of schema['x-kubernetes-list-map-keys'] ?? []) {
    const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties![key]! : undefined
    if (property === undefined) continue
    const at = `${path}.items.properties[${key}]`
    if (items.required?.includes(key) !== true && defaultOf(property) === undefined) {
      errors.push(required(`${at}.default`, 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property'))
    }
    if (property.nullable === true) errors.push(forbidden(`${at}.nullable`, 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable'))
  }
  return errors
}

class SchemaCheck {
  readonly #tolerates: Tolerance
  readonly #errors: FieldError[]

  constructor(tolerates: Tolerance, errors: FieldError[]) {
    this.#tolerates = tolerates
    this.#errors = errors
  }

  check(schema: Schema, path: string, place: Place, isRoot: boolean): void {
    this.#refuseForeignParts(schema, path, place) // CK1
    this.#checkBelow(schema, path, place, isRoot)
    this.#checkExtensions(schema, path)
    if (this.#tolerates.looseMapKeys !== true) this.#errors.push(...looseElements(schema, path))
    this.#checkRuleTexts(schema, path)
  }

  #refuseForeignParts(schema: Schema, path: string, place: Place): void {
    const { type = '' } = schema
    if (this.#tolerates.unknownTypes !== true && type !== '' && !types.includes(type)) this.#errors.push(notSupported(`${path}.type`, type, types))
    if (defaultOf(schema) !== undefined && place.noDefaults !== undefined) this.#errors.push(forbidden(`${path}.default`, `must not be set ${place.noDefaults}`)) // CK3
    if ((schema.id ?? '') !== '') this.#errors.push(forbidden(`${path}.id`, 'id is not supported'))
    for (const part of ['additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const) {
      const value = schema[part]
      if (value !== undefined && !(isPlainObject(value) && part !== 'dependencies' && part !== 'additionalItems' && Object.keys(value).length === 0)) this.#errors.push(forbidden(`${path}.${part}`, `${part} is not supported`))
    }
    if (type === 'null') this.#errors.push(forbidden(`${path}.type`, 'type cannot be set to null, use nullable as an alternative'))
    if (Array.isArray(schema.items) && schema.items.length > 0) this.#errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
    if (place.insideMetadata === true && isEmbedded(schema)) this.#errors.push(forbidden(`${path}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta'))
    if (schema.uniqueItems === true) this.#errors.push(forbidden(`${path}.uniqueItems`, 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'))
  }

  #checkBelow(schema: Schema, path: string, place: Place, isRoot: boolean): void {
    const additional = additionalOf(schema)
    const properties = schema.properties ?? {}
    if (schema.additionalProperties !== undefined && schema.additionalProperties !== true && Object.keys(properties).length > 0) {
      this.#errors.push(forbidden(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive'))
    }
    if (additional !== undefined) {
      const inner = place.insideMetadata === true ? { ...place, noDefaults: 'inside additionalProperties applying to object metadata' } : place
      this.check(additional, `${path}.additionalProperties`, inner, false)
    }
    for (const name of Object.keys(properties)) {
      const isMeta = (isRoot || isEmbedded(schema)) && metaFields.has(name)
      const inner = isMeta ? { ...place, insideMetadata: true, ...(isRoot ? { noDefaults: `in top-level ${name}` } : {}) } : place
      this.check(properties[name]!, `${path}.properties[${name}]`, inner, false)
    }
    if (schema.not !== undefined) this.check(schema.not, `${path}.not`, place, false)
    for (const junctor of ['allOf', 'oneOf', 'anyOf'] as const) for (const [index, each] of (schema[junctor] ?? []).entries()) this.check(each, `${path}.${junctor}[${index}]`, place, false)
    for (const name of Object.keys(schema.definitions ?? {})) this.check(schema.definitions![name]!, `${path}.definitions[${name}]`, place, false)
    const items = itemsOf(schema)
    if (items !== undefined) this.check(items, `${path}.items`, place, false)
    if (Array.isArray(schema.items)) for (const [index, each] of schema.items.entries()) this.check(each, `${path}.items[${index}]`, place, false)
  }

  #checkExtensions(schema: Schema, path: string): void {
    const { type = '' } = schema
    const errors = this.#errors
    const mapType = schema['x-kubernetes-map-type']
    const listType = schema['x-kubernetes-list-type']
    const mustBe = (wanted: string, extension: string) => {
      const text = `must be ${wanted} if ${extension} is specified`
      errors.push(type === '' ? required(`${path}.type`, text) : invalid(`${path}.type`, type, text))
    }
    if (schema['x-kubernetes-preserve-unknown-fields'] === false) errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined'))
    if (mapType !== undefined && type !== 'object') mustBe('object', 'x-kubernetes-map-type')
    if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular') errors.push(notSupported(`${path}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']))
    if (listType !== undefined && type !== 'array') mustBe('array', 'x-kubernetes-list-type')
    else if (this.#tolerates.nonAtomicSets !== true && isNonAtomicSet(schema)) {
      const items = itemsOf(schema)!
      const extension = items.type === 'array' ? 'x-kubernetes-list-type' : 'x-kubernetes-map-type'
      errors.push(invalid(`${path}.items.${extension}`, items['x-kubernetes-list-type'] ?? null, 'must be atomic as item of a list with x-kubernetes-list-type=set'))
    }
    if (listType !== undefined && !['atomic', 'set', 'map'].includes(listType)) errors.push(notSupported(`${path}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']))
    this.#checkMapKeys(schema, path)
  }

  #checkMapKeys(schema: Schema, path: string): void {
    const errors = this.#errors
    const listType = schema['x-kubernetes-list-type']
    const keys = schema['x-kubernetes-list-map-keys'] ?? []
    if (keys.length > 0 && listType === undefined) errors.push(required(`${path}.x-kubernetes-list-type`, 'must be map if x-kubernetes-list-map-keys is non-empty'))
    else if (keys.length > 0 && listType !== 'map') errors.push(invalid(`${path}.x-kubernetes-list-type`, listType, 'must be map if x-kubernetes-list-map-keys is non-empty'))
    if (listType !== 'map') return
    if (keys.length === 0) errors.push(required(`${path}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map'))
    if (schema.items === undefined) errors.push(required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map'))
    const items = itemsOf(schema)
    if (schema.items !== undefined && items === undefined) errors.push(invalid(`${path}.items`, schema.items, 'must only have a single schema if x-kubernetes-list-type is map'))
    if (items === undefined) return
    if (items.type !== 'object') {
      errors.push(invalid(`${path}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"))
      return
    }
    const seen = new Set<string>()
    for (const key of keys) {
      const property = Object.hasOwn(items.properties ?? {}, key) ? items.properties![key]! : undefined
      if (property === undefined) errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties'))
      else if (property.type === 'array' || property.type === 'object') errors.push(invalid(`${path}.items.properties[${key}].type`, items.type, "must be a scalar type if parent array's x-kubernetes-list-type is map"))
      if (seen.has(key)) errors.push(invalid(`${path}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries'))
      seen.add(key)
    }
  }

  #checkRuleTexts(schema: Schema, path: string): void {
    for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries()) {
      const at = `${path}.x-kubernetes-validations[${index}]`
      const { rule: text, message = '', messageExpression = '', fieldPath = '' } = rule
      const hasBreak = (words: string) => /[\n\r]/.test(words)
      if (text.trim() === '') this.#errors.push(required(`${at}.rule`, 'rule is not specified'))
      else if (message !== '' && message.trim() === '') this.#errors.push(invalid(`${at}.message`, message, 'must be non-empty if specified'))
      else if (hasBreak(message.trim())) this.#errors.push(invalid(`${at}.message`, message, 'must not contain line breaks'))
      else if (hasBreak(text.trim()) && message.trim() === '') this.#errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'))
      if (messageExpression !== '' && messageExpression.trim() === '') this.#errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'))
      if (rule.reason !== undefined && !reasons.includes(rule.reason)) this.#errors.push(notSupported(`${at}.reason`, rule.reason, reasons))
      if (fieldPath === '') continue
      if (fieldPath.trim() === '') this.#errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be non-empty if specified'))
      if (hasBreak(fieldPath)) this.#errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must not contain line breaks'))
      if (!leadsSomewhere(fieldPath, schema)) this.#errors.push(invalid(`${at}.fieldPath`, fieldPath, 'must be a valid path'))
    }
  }
}

function leadsSomewhere(path: string, schema: Schema): boolean {
  try {
    findField(path, schema)
    return true
  } catch (error) {
    if (error instanceof FieldPathError) return false
    throw error
  }
}
