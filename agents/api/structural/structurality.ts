/**
 * Is a schema structural: does its spine alone say what fields there are and of what type?
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/{convert,validation,complete}.go.
 *
 *   ST1  Every place of the spine has a type, unless it preserves unknown fields or is an int-or-string.
 *   ST2  Below a junctor (allOf, anyOf, oneOf, not) stands nothing but constraints, for places that the spine has too. The
 *        one exception: the anyOf that spells out an int-or-string.
 *   ST3  The root is an object; its metadata may only restrict name and generateName.
 *   ST5  Whether a schema that is in use is structural does not hang on its patterns: those were looked at when it came, and to
 *        compile thousands of them takes a while.
 *   ST4  Errors come in the order of their texts.
 */
import { finish, type Steps } from '../../base/steps.ts'
import { fieldErrorText, forbidden, invalid, required, type FieldError } from '../field-error.ts'
import { isPlainObject } from '../schema/clone.ts'
import { additionalOf, defaultOf, isEmbedded, isIntOrString, itemsOf, preservesUnknown, type Schema } from './schema.ts'
import { patternError } from './string-checks.ts'

/** What no structural schema can hold: the text of the first, or undefined. */
export function unsupportedPart(schema: Schema): string | undefined {
  if (schema['x-kubernetes-preserve-unknown-fields'] === false) return "internal error: 'x-kubernetes-preserve-unknown-fields' must be true or undefined"
  const own = unsupportedField(schema)
  if (own !== undefined) return `OpenAPIV3Schema '${own}' is not supported`
  if (Array.isArray(schema.items)) return "OpenAPIV3Schema 'items' must be a schema, but is an array"
  for (const child of [schema.not, ...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), itemsOf(schema), ...Object.values(schema.properties ?? {}), additionalOf(schema)]) {
    const text = child === undefined ? undefined : unsupportedPart(child)
    if (text !== undefined) return text
  }
  return undefined
}

function unsupportedField(schema: Schema): string | undefined {
  const isSet = (value: unknown) => value !== undefined && value !== '' && !(isPlainObject(value) && Object.keys(value).length === 0)
  const names: readonly (readonly [string, unknown])[] = [
    ['id', schema.id], ['schema', schema.$schema], ['$ref', schema.$ref], ['patternProperties', schema.patternProperties],
    ['dependencies', schema.dependencies], ['additionalItems', schema.additionalItems], ['definitions', schema.definitions],
  ]
  return names.find(([, value]) => isSet(value))?.[0]
}

const known = new WeakMap<Schema, boolean>()

/** Asked of one schema again and again; nobody changes a schema that is in use. */
export function isStructural(schema: Schema): boolean {
  return known.get(schema) ?? finish(isStructuralSteps(schema))
}

/** The same, for who may not take long over a large one. */
export function* isStructuralSteps(schema: Schema): Steps<boolean> {
  let answer = known.get(schema)
  if (answer !== undefined) return answer
  const errors: FieldError[] = []
  answer = unsupportedPart(schema) === undefined // ST5
  yield
  if (answer) yield* checkSpine(schema, 'root', '', errors)
  yield
  if (answer && errors.length === 0) checkJunctorsAgainst(schema, schema, '', '', errors)
  answer &&= errors.length === 0
  known.set(schema, answer)
  return answer
}

/** The schema has no unsupported part. */
export function structuralErrors(schema: Schema, path: string, withPatterns = true): FieldError[] {
  const errors: FieldError[] = []
  finish(checkSpine(schema, 'root', path, errors))
  if (withPatterns) checkPatterns(schema, path, errors)
  checkJunctorsAgainst(schema, schema, path, path, errors) // ST2
  return errors.map(error => ({ error, text: fieldErrorText(error) })).sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)).map(({ error }) => error) // ST4
}

type Level = 'root' | 'item' | 'field'

const emptyTypes: Readonly<Record<Level, string>> = { root: 'must not be empty at the root', item: 'must not be empty for specified array items', field: 'must not be empty for specified object fields' }

function* checkSpine(schema: Schema, level: Level, path: string, errors: FieldError[]): Steps<void> {
  const { type = '' } = schema
  const items = itemsOf(schema)
  const additional = additionalOf(schema)
  const embedded = isEmbedded(schema)
  if (type === 'array' && items === undefined) errors.push(required(`${path}.items`, 'must be specified'))
  if (items !== undefined) yield* checkSpine(items, 'item', `${path}.items`, errors)
  for (const name of Object.keys(schema.properties ?? {})) {
    yield* checkSpine(schema.properties![name]!, 'field', `${path}.properties[${name}]`, errors)
    yield
  }
  if (schema.additionalProperties !== undefined && level === 'root') errors.push(forbidden(`${path}.additionalProperties`, 'must not be used at the root'))
  if (additional !== undefined) yield* checkSpine(additional, 'field', `${path}.additionalProperties`, errors)
  if (isIntOrString(schema) && preservesUnknown(schema)) errors.push(invalid(`${path}.x-kubernetes-preserve-unknown-fields`, true, 'must be false if x-kubernetes-int-or-string is true'))
  if (isIntOrString(schema) && embedded) errors.push(invalid(`${path}.x-kubernetes-embedded-resource`, true, 'must be false if x-kubernetes-int-or-string is true'))
  checkConstraints(schema, isIntOrStringPair(schema.anyOf), isIntOrStringPair(schema.allOf?.[0]?.anyOf), path, errors)
  if (embedded && type !== 'object') {
    errors.push(type === '' ? required(`${path}.type`, 'must be object if x-kubernetes-embedded-resource is true') : invalid(`${path}.type`, type, 'must be object if x-kubernetes-embedded-resource is true'))
  } else if (type === '' && !isIntOrString(schema) && !preservesUnknown(schema)) {
    errors.push(required(`${path}.type`, emptyTypes[level])) // ST1
  }
  if (embedded && schema.additionalProperties !== undefined) errors.push(forbidden(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'))
  if (level === 'root' && type !== '' && type !== 'object') errors.push(invalid(`${path}.type`, type, 'must be object at the root'))
  checkMetadata(schema, level, path, errors)
  if (embedded && !preservesUnknown(schema) && Object.keys(schema.properties ?? {}).length === 0) {
    errors.push(required(`${path}.properties`, 'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'))
  }
}

/** ST3 */
function checkMetadata(schema: Schema, level: Level, path: string, errors: FieldError[]): void {
  const isObject = level === 'root' || isEmbedded(schema)
  for (const name of ['kind', 'apiVersion']) {
    const property = schema.properties?.[name]
    if (isObject && property !== undefined && property.type !== 'string') errors.push(invalid(`${path}.properties[${name}].type`, property.type ?? '', 'must be string'))
  }
  const metadata = schema.properties?.['metadata']
  if (metadata === undefined) return
  const at = `${path}.properties[metadata]`
  if (isObject && metadata.type !== 'object') errors.push(invalid(`${at}.type`, metadata.type ?? '', 'must be object'))
  if (level !== 'root') return
  const onlyNames = Object.keys(metadata.properties ?? {}).every(name => name === 'name' || name === 'generateName')
  const more = Object.keys(metadata).some(key => !['type', 'properties', 'default'].includes(key) && metadata[key as keyof Schema] !== undefined)
  if (!onlyNames || more) errors.push(forbidden(at, 'must not specify anything other than name and generateName, but metadata is implicitly specified'))
}

/** anyOf: [{type: integer}, {type: string}], which spells out what x-kubernetes-int-or-string says. */
function isIntOrStringPair(anyOf: readonly Schema[] | undefined): boolean {
  const isBare = (schema: Schema | undefined, type: string) => schema !== undefined && schema.type === type && Object.keys(schema).every(key => key === 'type' || schema[key as keyof Schema] === undefined)
  return anyOf?.length === 2 && isBare(anyOf[0], 'integer') && isBare(anyOf[1], 'string')
}

function checkConstraints(schema: Schema, skipsAnyOf: boolean, skipsFirstAllOf: boolean, path: string, errors: FieldError[]): void {
  if (!skipsAnyOf) for (const [index, each] of (schema.anyOf ?? []).entries()) checkNested(each, false, `${path}.anyOf[${index}]`, errors)
  for (const [index, each] of (schema.allOf ?? []).entries()) checkNested(each, skipsFirstAllOf && index === 0, `${path}.allOf[${index}]`, errors)
  for (const [index, each] of (schema.oneOf ?? []).entries()) checkNested(each, false, `${path}.oneOf[${index}]`, errors)
  if (schema.not !== undefined) checkNested(schema.not, false, `${path}.not`, errors)
}

/** Of the spine and below junctors; the errors are sorted afterwards (ST4). */
function checkPatterns(schema: Schema, path: string, errors: FieldError[]): void {
  const wrong = schema.pattern === undefined || schema.pattern === '' ? undefined : patternError(schema.pattern)
  if (wrong !== undefined) errors.push(invalid(`${path}.pattern`, schema.pattern, `must be a valid regular expression, but isn't: ${wrong}`))
  const below = (child: Schema | undefined, step: string) => {
    if (child !== undefined) checkPatterns(child, `${path}.${step}`, errors)
  }
  for (const junctor of ['anyOf', 'allOf', 'oneOf'] as const) for (const [index, each] of (schema[junctor] ?? []).entries()) below(each, `${junctor}[${index}]`)
  below(schema.not, 'not')
  below(itemsOf(schema), 'items')
  for (const name of Object.keys(schema.properties ?? {})) below(schema.properties![name], `properties[${name}]`)
  below(additionalOf(schema), 'additionalProperties')
}

/** What only the spine may say, with how it is refused elsewhere (ST2). */
const spineOnly: readonly (readonly [keyof Schema, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function checkNested(schema: Schema, skipsAnyOf: boolean, path: string, errors: FieldError[]): void {
  checkConstraints(schema, skipsAnyOf, false, path, errors)
  const items = itemsOf(schema)
  if (items !== undefined) checkNested(items, false, `${path}.items`, errors)
  for (const name of Object.keys(schema.properties ?? {})) checkNested(schema.properties![name]!, false, `${path}.properties[${name}]`, errors)
  for (const [key, text] of spineOnly) {
    const value = key === 'default' ? defaultOf(schema) : schema[key]
    if (isSaid(value)) errors.push(forbidden(`${path}.${key}`, text))
  }
  if (schema.properties?.['metadata'] !== undefined) errors.push(forbidden(`${path}.properties[metadata]`, 'must not be specified in a nested context'))
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0)
}

function checkJunctorsAgainst(spine: Schema, holder: Schema, spinePath: string, path: string, errors: FieldError[]): void {
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [index, each] of (holder[junctor] ?? []).entries()) checkNestedAgainst(spine, each, spinePath, `${path}.${junctor}[${index}]`, errors)
  }
  if (holder.not !== undefined) checkNestedAgainst(spine, holder.not, spinePath, `${path}.not`, errors)
}

function checkNestedAgainst(spine: Schema, nested: Schema, spinePath: string, path: string, errors: FieldError[]): void {
  checkJunctorsAgainst(spine, nested, spinePath, path, errors)
  const items = itemsOf(nested)
  if (items !== undefined) {
    const spineItems = itemsOf(spine)
    if (spineItems === undefined) errors.push(required(`${spinePath}.items`, `because it is defined in ${path}.items`))
    else checkNestedAgainst(spineItems, items, `${spinePath}.items`, `${path}.items`, errors)
  }
  for (const name of Object.keys(nested.properties ?? {})) {
    const property = spine.properties?.[name]
    const at = `${path}.properties[${name}]`
    if (property === undefined) errors.push(required(`${spinePath}.properties[${name}]`, `because it is defined in ${at}`))
    else checkNestedAgainst(property, nested.properties![name]!, `${spinePath}.properties[${name}]`, at, errors)
  }
}
