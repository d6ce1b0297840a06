/**
 * The rules of a schema (x-kubernetes-validations), compiled once and asked of every object.
 * Upstream: apiextensions-apiserver/pkg/apiserver/schema/cel/{compilation,validation}.go.
 *
 *   RU1  A rule sees self, and oldSelf where the old object has the same place: fields of objects and maps, elements of lists
 *        that are maps. Without one, a rule that names oldSelf is passed over, unless it takes an optional one.
 *   RU2  All rules of an object share one budget; when it is spent, the rest are not run and that is an error.
 *   RU3  A rule that does not name oldSelf and fails for a part that has not changed only warns.
 *   RU4  The message is messageExpression's, if it gives one line; else message, else the rule itself.
 *   RU5  null is never asked about: the rules of the surrounding place may.
 */
import { CelBudget, CelCompileError, CelCostError, boolType, celLimits, celTypeOfSchema, compileCel, optionalType, stringType, type CelProgram, type CelType } from '../cel/cel.ts'
import { CelOptional } from '../cel/cel-value.ts'
import type { CelValue } from '../cel/cel-value.ts'
import { fromJson } from '../cel/json-value.ts'
import { fieldErrorText, forbidden, required, type FieldError } from '../field-error.ts'
import type { ValidationRule } from '../groups/apiextensions-v1/types.ts'
import { getOwn, isPlainObject } from '../schema/clone.ts'
import { valueText } from './findings.ts'
import { findField } from './field-path.ts'
import { additionalOf, isEmbedded, itemsOf, someSchema, type Schema } from './schema.ts'
import { byKeys, isUnchanged, keyText, mapKeysOf } from './unchanged.ts'

export interface CompiledRule {
  readonly rule: ValidationRule
  /** Undefined: `error` says why. */
  readonly program: CelProgram | undefined
  readonly error: string
  readonly message: CelProgram | undefined
  readonly messageError: string
  readonly self: CelType
  readonly usesOldSelf: boolean
  /** Where a failure is told, below the rule's own place. */
  readonly fieldPath: string
}

interface RuleNode {
  readonly schema: Schema
  readonly rules: readonly CompiledRule[]
  readonly items: RuleNode | undefined
  readonly additional: RuleNode | undefined
  readonly properties: ReadonlyMap<string, RuleNode>
  readonly mapKeys: readonly string[] | undefined
}

export interface Rules {
  /** `warn` is told what RU3 lets through. */
  validate(object: unknown, old: unknown, warn?: (text: string) => void, path?: string): FieldError[]
}

export function hasRules(schema: Schema): boolean {
  return someSchema(schema, each => (each['x-kubernetes-validations'] ?? []).length > 0)
}

/** undefined: there are none. */
export function compileRules(schema: Schema, isResourceRoot: boolean): Rules | undefined {
  const node = hasRules(schema) ? ruleNode(schema, isResourceRoot) : undefined
  if (node === undefined) return undefined
  return {
    validate(object, old, warn = () => {}, path = '') {
      const run = new RuleRun(warn, old !== undefined)
      run.at(node, object, old, { current: { schema, value: object, old }, parent: undefined }, path)
      return run.errors
    },
  }
}

function ruleNode(schema: Schema, isResourceRoot = false): RuleNode | undefined {
  const items = itemsOf(schema)
  const additional = additionalOf(schema)
  let rules: readonly CompiledRule[] | undefined
  const node: RuleNode = {
    schema,
    get rules() { // those of places that no object has are never compiled
      return (rules ??= compileOwnRules(schema, isResourceRoot || isEmbedded(schema)))
    },
    items: items === undefined ? undefined : ruleNode(items),
    additional: additional === undefined ? undefined : ruleNode(additional),
    properties: new Map(Object.keys(schema.properties ?? {}).flatMap(name => {
      const child = ruleNode(schema.properties![name]!)
      return child === undefined ? [] : [[name, child] as const]
    })),
    mapKeys: mapKeysOf(schema),
  }
  const isEmpty = (schema['x-kubernetes-validations'] ?? []).length === 0 && node.items === undefined && node.additional === undefined && node.properties.size === 0
  return isEmpty ? undefined : node
}

/** The rules that stand at this very place. */
export function compileOwnRules(schema: Schema, isResourceRoot: boolean): readonly CompiledRule[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  if (rules.length === 0) return []
  const type = selfType(schema, isResourceRoot)
  return rules.map(rule => compileRule(rule, type, schema))
}

const selfTypes = { root: new WeakMap<Schema, CelType>(), inner: new WeakMap<Schema, CelType>() }

/** What self is at a place. */
export function selfType(schema: Schema, isResourceRoot: boolean): CelType {
  const known = selfTypes[isResourceRoot ? 'root' : 'inner']
  let type = known.get(schema)
  if (type === undefined) {
    type = celTypeOfSchema(schema as Parameters<typeof celTypeOfSchema>[0], { isResourceRoot }) // lists have one schema for their items here: it is structural
    known.set(schema, type)
  }
  return type
}

function compileRule(rule: ValidationRule, self: CelType, schema: Schema): CompiledRule {
  const variables = { self, oldSelf: rule.optionalOldSelf === true ? optionalType(self) : self }
  const compiled = compileExpression(rule.rule, variables, boolType, '', 'cel expression must evaluate to a bool')
  const message = (rule.messageExpression ?? '') === '' || compiled.program === undefined ? nothing : compileExpression(rule.messageExpression!, variables, stringType, 'messageExpression ', 'messageExpression must evaluate to a string')
  return {
    rule,
    program: compiled.program,
    error: compiled.error,
    message: message.program,
    messageError: message.error,
    self,
    usesOldSelf: compiled.program?.references.has('oldSelf') === true,
    fieldPath: fieldPathOf(rule, schema),
  }
}

interface Compilation {
  readonly program: CelProgram | undefined
  readonly error: string
}

const nothing: Compilation = { program: undefined, error: '' }

function compileExpression(source: string, variables: Readonly<Record<string, CelType>>, expected: CelType, what: string, otherwise: string): Compilation {
  if (source.trim() === '') return nothing
  try {
    const program = compileCel(source, { variables })
    if (program.type.kind !== expected.kind) return { program: undefined, error: otherwise }
    return { program, error: '' }
  } catch (error) {
    if (!(error instanceof CelCompileError)) throw error
    if (error.stage === 'instantiation') return { program: undefined, error: `${what === '' ? 'program ' : what}instantiation failed: ${error.message}` }
    return { program: undefined, error: `${what}compilation failed: ${error.message}` }
  }
}

function fieldPathOf(rule: ValidationRule, schema: Schema): string {
  if ((rule.fieldPath ?? '') === '') return ''
  try {
    return findField(rule.fieldPath!, schema).path
  } catch {
    return ''
  }
}

interface Pair {
  readonly schema: Schema
  readonly value: unknown
  readonly old: unknown
}

/** RU3: the place and the nearest place above it that the old object has too. */
interface Correlation {
  readonly current: Pair | undefined
  readonly parent: Pair | undefined
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'
const outOfBudgetMessage = 'messageExpression evaluation failed due to running out of cost budget, no further validation rules will be run'

class RuleRun {
  readonly errors: FieldError[] = []
  readonly #budget = new CelBudget()
  readonly #warn: (text: string) => void
  readonly #ratchets: boolean
  #isOver = false

  constructor(warn: (text: string) => void, ratchets: boolean) {
    this.#warn = warn
    this.#ratchets = ratchets
  }

  at(node: RuleNode, value: unknown, old: unknown, correlation: Correlation, path: string): void {
    if (this.#isOver || value === null || value === undefined) return // RU5
    for (const rule of node.rules) {
      if (this.#isOver) return
      this.#ask(rule, node.schema, value, old ?? undefined, correlation, path)
    }
    if (Array.isArray(value)) this.#items(node, value, old, correlation, path)
    else if (isPlainObject(value)) this.#fields(node, value, old, correlation, path)
  }

  #items(node: RuleNode, list: readonly unknown[], old: unknown, correlation: Correlation, path: string): void {
    if (node.items === undefined) return
    const keys = node.mapKeys
    const before = keys !== undefined && Array.isArray(old) ? byKeys(old, keys) : undefined
    for (const [index, item] of list.entries()) {
      const oldItem = before?.get(keyText(item, keys!))
      this.at(node.items, item, oldItem, below(correlation, node.items.schema, item, oldItem), `${path}[${index}]`)
    }
  }

  #fields(node: RuleNode, object: Record<string, unknown>, old: unknown, correlation: Correlation, path: string): void {
    for (const name of Object.keys(object)) {
      const property = node.properties.get(name)
      const child = property ?? (node.schema.properties?.[name] === undefined ? node.additional : undefined)
      if (child === undefined) continue
      const oldValue = getOwn(old, name)
      const isHidden = correlation.parent === undefined && (name === 'apiVersion' || name === 'kind')
      const inner: Correlation = isHidden ? { current: undefined, parent: undefined } : below(correlation, child.schema, object[name], oldValue)
      this.at(child, object[name], oldValue, inner, property === undefined ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`)
    }
  }

  #ask(compiled: CompiledRule, schema: Schema, value: unknown, old: unknown, correlation: Correlation, path: string): void {
    const { rule, program } = compiled
    const type = JSON.stringify(schema.type ?? '')
    if (program === undefined) {
      if (compiled.error !== '') this.#fail(path, `Invalid value: ${type}: rule compile error: ${compiled.error}`)
      return
    }
    if (compiled.usesOldSelf && old === undefined && rule.optionalOldSelf !== true) return // RU1
    const bindings = bindingsOf(compiled, value, old)
    let holds: unknown
    try {
      holds = program.evaluate(bindings, this.#budget)
    } catch (error) {
      this.#failed(error, rule, path, type)
      return
    }
    if (this.#budget.remaining < 0) {
      this.#stop(path, `Invalid value: ${type}: ${outOfBudget}`) // RU2
      return
    }
    if (holds === true) return
    const at = compiled.fieldPath === '' ? path : compiled.fieldPath.startsWith('[') || path === '' ? `${path}${compiled.fieldPath}` : `${path}.${compiled.fieldPath}`
    const detail = this.#message(compiled, bindings, at, type)
    if (detail === undefined) return
    const error = errorOf(rule, at, schema, value, detail)
    if (!compiled.usesOldSelf && this.#ratchets && isCorrelatedUnchanged(correlation)) this.#warn(fieldErrorText(error)) // RU3
    else this.errors.push(error)
  }

  /** RU4; undefined: nothing more is to be said. */
  #message(compiled: CompiledRule, bindings: Readonly<Record<string, unknown>>, path: string, type: string): string | undefined {
    const { rule } = compiled
    const plain = (rule.message ?? '') === '' ? `failed rule: ${ruleText(rule)}` : rule.message!.trim()
    if (compiled.message === undefined) return plain
    let message: unknown
    try {
      message = compiled.message.evaluate(bindings, this.#budget)
    } catch (error) {
      if (!(error instanceof CelCostError)) return plain
      this.#stop(path, `Invalid value: ${type}: ${error.limit === 'call' ? `no further validation rules will be run due to call cost exceeds limit for messageExpression: ${JSON.stringify(rule.messageExpression)}` : outOfBudgetMessage}`)
      return undefined
    }
    if (this.#budget.remaining < 0) {
      this.#stop(path, `Invalid value: ${type}: ${outOfBudgetMessage}`)
      return undefined
    }
    const text = typeof message === 'string' ? message.trim() : ''
    const isLine = text !== '' && !text.includes('\n') && new TextEncoder().encode(text).length <= celLimits.messageExpressionBytes
    return isLine ? text : plain
  }

  #failed(error: unknown, rule: ValidationRule, path: string, type: string): void {
    if (error instanceof CelCostError) {
      this.#stop(path, error.limit === 'call'
        ? `Invalid value: ${type}: '${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${ruleText(rule)}`
        : `Invalid value: ${type}: ${outOfBudget}`)
      return
    }
    const text = error instanceof Error ? error.message : String(error)
    this.#fail(path, text.startsWith('no such overload')
      ? `Invalid value: ${type}: '${text}': call arguments did not match a supported operator, function or macro signature for rule: ${ruleText(rule)}`
      : `Invalid value: ${type}: ${text} evaluating rule: ${ruleText(rule)}`)
  }

  #stop(path: string, message: string): void {
    this.#fail(path, message)
    this.#isOver = true
  }

  #fail(path: string, message: string): void {
    this.errors.push({ path: path === '' ? '<nil>' : path, reason: 'FieldValueInvalid', message })
  }
}

function bindingsOf({ rule, self: type }: CompiledRule, self: unknown, old: unknown): Readonly<Record<string, unknown>> {
  if (rule.optionalOldSelf === true) return { self, oldSelf: old === undefined ? CelOptional.none : new CelOptional(fromJson(old, type) as CelValue) }
  return old === undefined ? { self } : { self, oldSelf: old }
}

function below(correlation: Correlation, schema: Schema, value: unknown, old: unknown): Correlation {
  if (correlation.current === undefined) return correlation
  return { current: old === undefined ? undefined : { schema, value, old }, parent: correlation.current }
}

function isCorrelatedUnchanged({ current, parent }: Correlation): boolean {
  const pair = current ?? parent
  return pair !== undefined && isUnchanged(pair.schema, pair.value, pair.old)
}

function ruleText(rule: ValidationRule): string {
  return ((rule.message ?? '') === '' ? rule.rule : rule.message!).trim()
}

function errorOf(rule: ValidationRule, path: string, schema: Schema, value: unknown, detail: string): FieldError {
  const at = path === '' ? '<nil>' : path
  const isWhole = schema.type === 'object' || schema.type === 'array'
  switch (rule.reason) {
    case 'FieldValueForbidden': return forbidden(at, detail)
    case 'FieldValueRequired': return required(at, detail)
    case 'FieldValueDuplicate': return { path: at, reason: 'FieldValueDuplicate', message: isWhole ? 'Duplicate value' : `Duplicate value: ${valueText(value)}` }
    default: return { path: at, reason: 'FieldValueInvalid', message: isWhole ? `Invalid value: ${detail}` : `Invalid value: ${valueText(value)}: ${detail}` }
  }
}
