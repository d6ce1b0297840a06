/**
 * Do the rules of a schema compile, and can they be afforded?
 * Upstream: apiextensions-apiserver/pkg/apis/apiextensions/validation/{validation,cel_validation}.go.
 *
 *   CR1  A rule's worst cost counts once for every time its place can occur: as often as the bounds of the lists and maps around
 *        it allow, or, where one is unbounded, as often as such values fit into a request.
 *   CR2  One rule may cost 10,000,000, all rules of a version 100,000,000; beyond that the four most expensive are named too.
 *   CR3  oldSelf means nothing below a list that is no map, since elements cannot be told apart there.
 *   CR4  The cost of a version that is not changed was accepted before.
 */
import { celLimits } from '../cel/cel.ts'
import { forbidden, invalid, type FieldError } from '../field-error.ts'
import type { ValidationRule } from '../groups/apiextensions-v1/types.ts'
import { compileOwnRules, hasRules, selfType, type CompiledRule } from './rules.ts'
import { additionalOf, isEmbedded, itemsOf, type Schema } from './schema.ts'

interface Cost {
  readonly path: string
  readonly cost: number
}

export interface RuleCosts {
  readonly errors: FieldError[]
  /** Estimated worst cost of all rules together. */
  readonly total: number
}

export function checkRules(schema: Schema, path: string, isUnchanged = false): RuleCosts {
  const errors: FieldError[] = []
  if (!hasRules(schema)) return { errors, total: 0 }
  const check = new RuleCheck(isUnchanged, errors)
  check.at(schema, path, 1, undefined, true)
  if (check.total > celLimits.estimatedCrd) { // CR2
    for (const { path: at } of check.mostExpensive) errors.push(forbidden(at, 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'))
    errors.push(forbidden(path, tooExpensive('x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema', check.total, celLimits.estimatedCrd)))
  }
  return { errors, total: check.total }
}

class RuleCheck {
  readonly #isUnchanged: boolean
  readonly #errors: FieldError[]
  total = 0
  mostExpensive: Cost[] = []

  constructor(isUnchanged: boolean, errors: FieldError[]) {
    this.#isUnchanged = isUnchanged
    this.#errors = errors
  }

  /** times: how often this place can occur, undefined where nothing bounds it (CR1). */
  at(schema: Schema, path: string, times: number | undefined, uncorrelated: string | undefined, isRoot: boolean): void {
    if (!hasRules(schema)) return
    const inner = timesBelow(schema, times)
    const items = itemsOf(schema)
    const additional = additionalOf(schema)
    if (additional !== undefined) this.at(additional, `${path}.additionalProperties`, inner, uncorrelated, false)
    for (const name of Object.keys(schema.properties ?? {})) this.at(schema.properties![name]!, `${path}.properties[${name}]`, inner, uncorrelated, false)
    if (items !== undefined) this.at(items, `${path}.items`, inner, uncorrelated ?? (schema['x-kubernetes-list-type'] === 'map' ? undefined : path), false) // CR3
    const rules = schema['x-kubernetes-validations'] ?? []
    if (rules.length === 0) return
    const occurrences = times ?? timesInRequest(schema, isRoot)
    for (const [index, compiled] of compileOwnRules(schema, isRoot || isEmbedded(schema)).entries()) this.#checkRule(compiled, `${path}.x-kubernetes-validations[${index}]`, occurrences, uncorrelated)
  }

  #checkRule(compiled: CompiledRule, path: string, occurrences: number, uncorrelated: string | undefined): void {
    const { rule } = compiled
    if (compiled.program !== undefined) this.#observe(`${path}.rule`, 'estimated rule cost', times(compiled.program.cost.max, occurrences))
    if (compiled.error !== '') this.#errors.push(invalid(`${path}.rule`, shown(rule), compiled.error))
    if (compiled.messageError !== '') this.#errors.push(invalid(`${path}.messageExpression`, shown(rule), compiled.messageError))
    if (compiled.message !== undefined) this.#observe(`${path}.messageExpression`, 'estimated messageExpression cost', compiled.message.cost.max)
    if (compiled.usesOldSelf && uncorrelated !== undefined) {
      this.#errors.push(invalid(`${path}.rule`, rule.rule, `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`))
    } else if (!compiled.usesOldSelf && compiled.error === '' && rule.optionalOldSelf !== undefined) {
      this.#errors.push(invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'))
    }
  }

  #observe(path: string, name: string, cost: number): void {
    if (!this.#isUnchanged && cost > celLimits.estimatedRule) this.#errors.push(forbidden(path, tooExpensive(name, cost, celLimits.estimatedRule))) // CR4
    this.total += cost
    if (cost < celLimits.estimatedCrd / 100) return
    this.mostExpensive = [...this.mostExpensive, { path, cost }].sort((a, b) => b.cost - a.cost).slice(0, 4)
  }
}

function timesBelow(schema: Schema, times: number | undefined): number | undefined {
  const bound = schema.type === 'array' ? schema.maxItems : schema.type === 'object' && schema.additionalProperties !== undefined ? schema.maxProperties : 1
  return times === undefined || bound === undefined ? undefined : times * Math.max(0, bound)
}

function timesInRequest(schema: Schema, isRoot: boolean): number {
  const smallest = selfType(schema, isRoot || isEmbedded(schema)).minSerializedSize ?? 0
  return Math.floor(celLimits.maxRequestBytes / (smallest + 1))
}

function times(cost: number, occurrences: number): number {
  return cost === 0 ? 0 : cost * occurrences
}

function tooExpensive(name: string, cost: number, limit: number): string {
  const factor = cost / limit
  const text = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${name} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}

/** A rule as upstream shows it in errors: every field, by its name in Go. */
function shown(rule: ValidationRule): object {
  return { Rule: rule.rule, Message: rule.message ?? '', MessageExpression: rule.messageExpression ?? '', Reason: rule.reason ?? null, FieldPath: rule.fieldPath ?? '', OptionalOldSelf: rule.optionalOldSelf ?? null }
}

