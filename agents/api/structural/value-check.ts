/**
 * Checks a value against a schema, in upstream's words. A schema becomes one function; a valid value costs a walk and nothing else.
 * Upstream: kube-openapi/pkg/validation/validate, apiextensions-apiserver/pkg/apiserver/validation.
 *
 *   VC1  Messages name the place from where the check started ("spec.replicas in body should be …"); the field of an error has
 *        the caller's path before it. What speaks of several schemas at once has no field: "<nil>".
 *   VC2  When none of anyOf or oneOf fits, the errors of the alternative that fitted best are told beside the general one: the
 *        one with the most checks passed, the first among equals.
 *   VC3  An unchanged part of an updated object is not held against its writer: errors below a place whose value is what it
 *        was (unchanged.ts) are dropped. Elements of lists have an old value only in lists that are maps; what
 *        junctors demand is never let through.
 *   VC4  Integers are compared as integers, other numbers as floating point; both are printed as Go prints them.
 */
import type { FieldError } from '../field-error.ts'
import { getOwn, isExactNumber, isPlainObject } from '../schema/clone.ts'
import { canonicalText } from './canonical-text.ts'
import { numberChecks } from './number-checks.ts'
import { additionalOf, itemsOf, typesOf, type Schema } from './schema.ts'
import { effectiveFormat } from './formats.ts'
import { stringChecks } from './string-checks.ts'
import { Findings } from './findings.ts'
import { byKeys, isUnchanged, keyText, mapKeysOf } from './unchanged.ts'

/** `old` is undefined where there is nothing to compare with. */
export type Check = (value: unknown, old: unknown, found: Findings) => void

export interface ValueCheck {
  validate(value: unknown, path?: string): FieldError[]
  /** VC3 */
  validateUpdate(value: unknown, old: unknown, path?: string): FieldError[]
}

export function compileValueCheck(schema: Schema): ValueCheck {
  const check = compileCheck(schema)
  const run = (value: unknown, old: unknown, path: string) => {
    const found = new Findings(path)
    check(value, old, found)
    return found.errors
  }
  return {
    validate: (value, path = '') => run(value, undefined, path),
    validateUpdate(value, old, path = '') {
      const errors = run(value, undefined, path)
      if (errors.length === 0 || old === undefined) return errors
      const rest = run(value, old, path)
      return isUnchanged(schema, value, old) ? [] : rest
    },
  }
}

function compileCheck(schema: Schema): Check {
  const types = typesOf(schema)
  const format = effectiveFormat(schema, types)
  const checkType = typeCheck(types, format, schema.nullable === true)
  const checks: Check[] = [...(types.length > 0 || format !== '' ? [checkType] : []), junctorCheck(schema), ...stringChecks(schema, format), ...numberChecks(schema, types, format)]
  const items = listCheck(schema)
  const isEnumerated = enumCheck(schema)
  const fields = objectCheck(schema)
  return (value, old, found) => {
    if (value === null || value === undefined) {
      checkType(null, undefined, found)
      isEnumerated?.(null, undefined, found)
      return
    }
    for (const check of checks) check(value, old, found)
    if (Array.isArray(value)) items(value, old, found)
    isEnumerated?.(value, old, found)
    found.matches += 1
    if (isPlainObject(value)) {
      fields(value, old, found)
      found.matches += 1
    }
    found.matches += 1
  }
}

function jsonType(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'object') return isExactNumber(value) ? 'integer' : 'object'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}

function typeCheck(types: readonly string[], format: string, nullable: boolean): Check {
  const wanted = types.join(',')
  const isNumeric = types.includes('number') || types.includes('integer')
  return (value, _old, found) => {
    const type = jsonType(value)
    const fits = type === 'null'
      ? types.length === 0 || nullable
      : types.includes(type) || (type === 'integer' && types.includes('number')) || (type === 'string' && format !== '' && !isNumeric)
    found.matches += fits ? 2 : 1
    if (!fits) found.wrongType(wanted, type)
  }
}

function enumCheck(schema: Schema): Check | undefined {
  const allowed = schema.enum
  if (allowed === undefined || allowed.length === 0) return undefined
  const texts = allowed.map(value => (typeof value === 'string' ? value : JSON.stringify(value)))
  const known = new Set(allowed.filter(value => value !== null).map(canonicalText))
  return (value, _old, found) => {
    if (value === null || !known.has(canonicalText(value))) found.notSupported(value, texts)
  }
}

function listCheck(schema: Schema): Check {
  const itemSchema = itemsOf(schema)
  const itemCheck = itemSchema === undefined ? undefined : partCheck(itemSchema)
  const { minItems, maxItems } = schema
  const keys = mapKeysOf(schema)
  return (value, old, found) => {
    const list = value as readonly unknown[]
    if (itemCheck !== undefined) {
      const before = keys === undefined || !Array.isArray(old) ? undefined : byKeys(old, keys)
      for (let index = 0; index < list.length; index += 1) below(index, list[index], before?.get(keyText(list[index], keys!)), itemCheck, found)
    }
    if (minItems !== undefined && list.length < minItems) found.invalid(list.length, `should have at least ${minItems} items`)
    if (maxItems !== undefined && list.length > maxItems) found.tooMany(list.length, maxItems)
    found.matches += 2
  }
}

function objectCheck(schema: Schema): Check {
  const { minProperties, maxProperties } = schema
  const required = schema.required ?? []
  const properties = new Map(Object.keys(schema.properties ?? {}).map(name => [name, partCheck(schema.properties![name]!)]))
  const valueSchema = additionalOf(schema)
  const additional = valueSchema === undefined ? undefined : partCheck(valueSchema)
  const forbidsMore = schema.additionalProperties === false
  return (value, old, found) => {
    const object = value as Record<string, unknown>
    const names = Object.keys(object)
    if (minProperties !== undefined && names.length < minProperties) found.invalid(names.length, `should have at least ${minProperties} properties`)
    if (maxProperties !== undefined && names.length > maxProperties) found.tooMany(names.length, maxProperties)
    for (const name of names) {
      const property = properties.get(name)
      if (property !== undefined) below(name, object[name], oldAt(old, name, found), property, found)
      else if (additional !== undefined) below(name, object[name], oldAt(old, name, found), additional, found)
      else if (forbidsMore) found.forbiddenProperty(name)
    }
    for (const name of required) if (!Object.hasOwn(object, name)) found.required(name)
  }
}

/** A changed apiVersion or kind is not seen: both objects were brought into one version. */
function oldAt(old: unknown, name: string, found: Findings): unknown {
  if (old === undefined || (found.isAtRoot && (name === 'apiVersion' || name === 'kind'))) return undefined
  return getOwn(old, name)
}

function partCheck(schema: Schema): Check {
  const check = compileCheck(schema)
  return (value, old, found) => {
    const before = found.errors.length
    check(value, old, found)
    if (old !== undefined && found.errors.length > before && isUnchanged(schema, value, old)) found.errors.length = before // VC3
  }
}

function below(step: string | number, value: unknown, old: unknown, check: Check, found: Findings): void {
  found.enter(step)
  check(value, old, found)
  found.leave()
}

function junctorCheck(schema: Schema): Check {
  const anyOf = (schema.anyOf ?? []).map(compileCheck)
  const oneOf = (schema.oneOf ?? []).map(compileCheck)
  const allOf = (schema.allOf ?? []).map(compileCheck)
  const not = schema.not === undefined ? undefined : compileCheck(schema.not)
  if (anyOf.length + oneOf.length + allOf.length === 0 && not === undefined) return countOnly
  return (value, _old, found) => { // VC3
    if (anyOf.length > 0) checkAnyOf(anyOf, value, found)
    if (oneOf.length > 0) checkOneOf(oneOf, value, found)
    if (allOf.length > 0) checkAllOf(allOf, value, found)
    if (not !== undefined && found.apart(not, value).errors.length === 0) found.general(`${found.quotedName()} must not validate the schema (not)`)
    found.matches += 2
  }
}

function countOnly(_value: unknown, _old: unknown, found: Findings): void {
  found.matches += 2
}

function checkAnyOf(alternatives: readonly Check[], value: unknown, found: Findings): void {
  let best: Findings | undefined
  for (const alternative of alternatives) {
    const result = found.apart(alternative, value)
    if (result.errors.length === 0) {
      found.matches += result.matches
      return
    }
    if (best === undefined || result.matches > best.matches) best = result
  }
  found.general(`${found.quotedName()} must validate at least one schema (anyOf)`)
  found.merge(best!) // VC2
}

function checkOneOf(alternatives: readonly Check[], value: unknown, found: Findings): void {
  let best: Findings | undefined
  let first: Findings | undefined
  let fitting = 0
  for (const alternative of alternatives) {
    const result = found.apart(alternative, value)
    if (result.errors.length === 0) {
      fitting += 1
      first ??= result
      best = undefined
    } else if (fitting === 0 && (best === undefined || result.matches > best.matches)) {
      best = result
    }
  }
  if (fitting === 1) {
    found.matches += first!.matches
    return
  }
  found.general(`${found.quotedName()} must validate one and only one schema (oneOf). ${fitting === 0 ? 'Found none valid' : `Found ${fitting} valid alternatives`}`)
  if (best !== undefined) found.merge(best)
}

function checkAllOf(parts: readonly Check[], value: unknown, found: Findings): void {
  let fitting = 0
  for (const part of parts) {
    const result = found.apart(part, value)
    if (result.errors.length === 0) fitting += 1
    found.merge(result)
  }
  if (fitting < parts.length) found.general(`${found.quotedName()} must validate all the schemas (allOf)${fitting === 0 ? '. None validated' : ''}`)
}
