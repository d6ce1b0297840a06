/**
 * A version's schema, compiled once: everything that a custom resource needs from it on its way in and out.
 *
 *   CS1  Compiling never fails: what is not structural was refused before, and what slipped through once (older definitions)
 *        is treated as having no spine, so that nothing is pruned and nothing defaulted.
 *   CS2  Rules and checks are compiled when the first object is written.
 */
import { fieldErrorText, type FieldError } from '../field-error.ts'
import { getOwn } from '../schema/clone.ts'
import { applyDefaults } from './defaults.ts'
import { coerceEmbedded, validateEmbedded } from './embedded-objects.ts'
import { validateListTypes } from './list-types.ts'
import { prune } from './prune.ts'
import { compileRules, type Rules } from './rules.ts'
import { schemaNode } from './schema-node.ts'
import { someSchema, type Schema } from './schema.ts'
import { isStructural } from './structurality.ts'
import { compileValueCheck, type ValueCheck } from './value-check.ts'

export interface CompiledSchema {
  readonly schema: Schema
  /** Prunes, coerces metadata and defaults what a client sent; returns unknown fields. Throws EmbeddedObjectError. */
  admit(object: Record<string, unknown>): string[]
  /** The same for what lies in the store, which may be older than the schema; true if it changed anything. */
  refresh(object: Record<string, unknown>): boolean
  /** What a conversion or an admission webhook made, without what is unknown. */
  prune(object: Record<string, unknown>): void
  applyDefaults(object: Record<string, unknown>): void
  validate(object: Record<string, unknown>): FieldError[]
  /** `warn` is told of rules that an unchanged part fails. */
  validateUpdate(object: Record<string, unknown>, old: Record<string, unknown>, warn: (text: string) => void): FieldError[]
  validateStatusUpdate(object: Record<string, unknown>, old: Record<string, unknown>, warn: (text: string) => void): FieldError[]
}

const blocking = new Set<FieldError['reason']>(['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid'])
const notAllChecked: FieldError = { path: '<nil>', reason: 'FieldValueInvalid', message: 'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation' }

const manyRules = 1_000

/** Patterns and rules in such numbers take a while to compile. */
export function hasManyRules(schema: Schema): boolean {
  let count = 0
  return someSchema(schema, each => {
    count += (each.pattern === undefined ? 0 : 1) + (each['x-kubernetes-validations']?.length ?? 0)
    return count > manyRules
  })
}

export function compileSchema(schema: Schema, preservesUnknown = false): CompiledSchema {
  const structural = isStructural(schema)
  const spine: Schema = structural ? schema : { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } // CS1
  const node = schemaNode(preservesUnknown ? { ...spine, 'x-kubernetes-preserve-unknown-fields': true } : spine)
  let valueCheck: ValueCheck | undefined
  const values = () => (valueCheck ??= compileValueCheck(schema)) // CS2
  const statusSchema = schema.properties?.['status']
  let statusCheck: ValueCheck | undefined
  const checkStatus = (value: unknown, old: unknown) => statusSchema === undefined || value === undefined ? [] : (statusCheck ??= compileValueCheck(statusSchema)).validateUpdate(value, old, 'status')
  let rules: Rules | undefined | 'unknown' = structural ? 'unknown' : undefined
  const askRules = (errors: readonly FieldError[], object: unknown, old: unknown, warn?: (text: string) => void): FieldError[] => {
    if (rules === 'unknown') rules = compileRules(schema, true) // CS2
    if (rules === undefined) return []
    return errors.some(error => blocking.has(error.reason)) ? [notAllChecked] : rules.validate(object, old, warn)
  }
  const listErrors = (object: unknown, old?: unknown) => {
    const errors = validateListTypes(object, node)
    return errors.length > 0 && old !== undefined && validateListTypes(old, node).length > 0 ? [] : errors
  }
  return {
    schema,
    admit(object) {
      const pruned = prune(object, node, true)
      const unknown = [...pruned, ...coerceEmbedded(object, node, true, false)].sort()
      applyDefaults(object, node)
      return unknown
    },
    refresh(object) {
      const pruned = prune(object, node, true)
      if (node.embedsBelow) coerceEmbedded(object, node, false, true)
      return applyDefaults(object, node) || pruned.length > 0
    },
    prune(object) {
      prune(object, node, true)
    },
    applyDefaults(object) {
      applyDefaults(object, node)
    },
    validate(object) {
      const errors = [...values().validate(object), ...validateEmbedded(object, node), ...listErrors(object)]
      return [...errors, ...askRules(errors, object, undefined)]
    },
    validateUpdate(object, old, warn) {
      const errors = [...values().validateUpdate(object, old), ...validateEmbedded(object, node), ...listErrors(object, old)]
      return [...errors, ...askRules(errors, object, old, warn)]
    },
    validateStatusUpdate(object, old, warn) {
      const errors = [...checkStatus(getOwn(object, 'status'), getOwn(old, 'status')), ...listErrors(object, old)]
      return [...errors, ...askRules(errors, object, old, warn)]
    },
  }
}

/** What several errors say, for conditions: "[a, b]", or the one. */
export function aggregateText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))]
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`
}
