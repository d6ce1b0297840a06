/**
 * When a Job fails or succeeds early: the rules of podFailurePolicy and successPolicy. Upstream: pkg/apis/batch/validation.
 *
 *   JP1  A rule of failure has an action, and looks at exit codes or at conditions, not at both.
 *   JP2  Exit codes are ordered and named once; 0 is no failure.
 *   JP3  A rule of success counts indexes, or names them: "0-2,5", in rising order and all below completions.
 */
import { duplicate, invalid, notSupported, required, tooLong, tooMany, type FieldError } from '../../field-error.ts'
import { isQualifiedName } from '../../validation/names.ts'
import { nonNegative } from '../../validation/numbers.ts'
import type { JobSpec, PodFailurePolicyOnExitCodesRequirement, PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule, SuccessPolicyRule } from './types.ts'

const mostRules = 20
const mostConditions = 20
const mostExitCodes = 255
const longestIndexes = 64 * 1024
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const operators = ['In', 'NotIn']
const statuses = ['False', 'True', 'Unknown']

export function validatePodFailurePolicy(spec: JobSpec, path: string): FieldError[] {
  const rules = spec.podFailurePolicy?.rules ?? []
  const { containers = [], initContainers = [] } = spec.template.spec ?? {}
  const names = new Set([...containers, ...initContainers].map(({ name }) => name))
  return [
    ...(rules.length > mostRules ? [tooMany(`${path}.rules`, rules.length, mostRules)] : []),
    ...rules.flatMap((rule, index) => validateFailureRule(spec, rule, `${path}.rules[${index}]`, names)),
  ]
}

/** JP1 */
function validateFailureRule(spec: JobSpec, rule: PodFailurePolicyRule, path: string, names: ReadonlySet<string>): FieldError[] {
  const { action, onExitCodes, onPodConditions = [] } = rule
  const errors: FieldError[] = []
  if (action === '') errors.push(required(`${path}.action`, `valid values: [${actions.map(each => JSON.stringify(each)).join(' ')}]`))
  else if (action === 'FailIndex') {
    if (spec.backoffLimitPerIndex === undefined) errors.push(invalid(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set'))
  } else if (!actions.includes(action)) errors.push(notSupported(`${path}.action`, action, actions))
  if (onExitCodes !== undefined) errors.push(...validateExitCodes(onExitCodes, `${path}.onExitCodes`, names))
  errors.push(...validateConditions(onPodConditions, `${path}.onPodConditions`))
  if (onExitCodes !== undefined && onPodConditions.length > 0) errors.push(wrongRule(path, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  if (onExitCodes === undefined && onPodConditions.length === 0) errors.push(wrongRule(path, 'specifying one of OnExitCodes and OnPodConditions is required'))
  return errors
}

/** Upstream leaves the value out. */
function wrongRule(path: string, text: string): FieldError {
  return { path, reason: 'FieldValueInvalid', message: `Invalid value: ${text}` }
}

function validateConditions(conditions: readonly PodFailurePolicyOnPodConditionsPattern[], path: string): FieldError[] {
  return [
    ...(conditions.length > mostConditions ? [tooMany(path, conditions.length, mostConditions)] : []),
    ...conditions.flatMap(({ type, status }, index) => [
      ...isQualifiedName(type).map(text => invalid(`${path}[${index}].type`, type, text)),
      ...(statuses.includes(status ?? '') ? [] : [notSupported(`${path}[${index}].status`, status ?? '', statuses)]),
    ]),
  ]
}

/** JP2 */
function validateExitCodes({ operator, containerName, values }: PodFailurePolicyOnExitCodesRequirement, path: string, names: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = []
  const codes = values ?? []
  if (operator === '') errors.push(required(`${path}.operator`, `valid values: [${operators.map(each => JSON.stringify(each)).join(' ')}]`))
  else if (!operators.includes(operator)) errors.push(notSupported(`${path}.operator`, operator, operators))
  if (containerName !== undefined && !names.has(containerName)) errors.push(invalid(`${path}.containerName`, containerName, 'must be one of the container or initContainer names in the pod template'))
  if (codes.length === 0) errors.push(invalid(`${path}.values`, values, 'at least one value is required')) // null where nobody gave a list
  else if (codes.length > mostExitCodes) errors.push(tooMany(`${path}.values`, codes.length, mostExitCodes))
  for (const [index, code] of codes.entries()) {
    if (operator === 'In' && code === 0) errors.push(invalid(`${path}.values[${index}]`, code, 'must not be 0 for the In operator'))
    if (codes.indexOf(code) < index) errors.push(duplicate(`${path}.values[${index}]`, code))
  }
  return codes.some((code, index) => index > 0 && codes[index - 1]! > code) ? [...errors, invalid(`${path}.values`, codes, 'must be ordered')] : errors
}

export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  if (spec.completionMode !== 'Indexed') return [invalid(path, asGo(spec.successPolicy!), 'requires indexed completion mode')]
  const rules = spec.successPolicy?.rules ?? []
  return [
    ...(rules.length === 0 ? [required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')] : []),
    ...(rules.length > mostRules ? [tooMany(`${path}.rules`, rules.length, mostRules)] : []),
    ...rules.flatMap((rule, index) => validateSuccessRule(rule, spec.completions ?? 0, `${path}.rules[${index}]`)),
  ]
}

/** As upstream quotes one: it has no JSON names inside the server. */
function asGo({ rules }: Partial<NonNullable<JobSpec['successPolicy']>>): object {
  return { Rules: rules?.map(({ succeededIndexes, succeededCount }) => ({ SucceededIndexes: succeededIndexes ?? null, SucceededCount: succeededCount ?? null })) ?? null }
}

/** JP3 */
function validateSuccessRule({ succeededCount, succeededIndexes }: SuccessPolicyRule, completions: number, path: string): FieldError[] {
  if (succeededCount === undefined && succeededIndexes === undefined) return [required(path, 'at least one of succeededCount or succeededIndexes must be specified')]
  const errors: FieldError[] = []
  if ((succeededIndexes ?? '').length > longestIndexes) errors.push(tooLong(`${path}.succeededIndexes`, longestIndexes))
  const named = readIndexes(succeededIndexes ?? '', completions)
  if (typeof named === 'string') errors.push(invalid(`${path}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${named}`))
  errors.push(...nonNegative(succeededCount, `${path}.succeededCount`))
  if (succeededCount !== undefined && succeededCount > completions) errors.push(invalid(`${path}.succeededCount`, succeededCount, `must be less than or equal to ${completions} (the number of specified completions)`))
  const count = typeof named === 'string' ? 0 : named
  if (succeededCount !== undefined && succeededIndexes !== undefined && succeededCount > count) errors.push(invalid(`${path}.succeededCount`, succeededCount, `must be less than or equal to ${count} (the number of indexes in the specified succeededIndexes field)`))
  return errors
}

/** How many indexes are named, or what is wrong with them. */
function readIndexes(text: string, completions: number): number | string {
  if (text === '') return 0
  let total = 0
  let last = -1
  for (const interval of text.split(',')) {
    const limits = interval.split('-')
    if (limits.length > 2) return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`
    const [from, to] = [limits[0]!, limits.at(-1)!]
    const wrong = [from, to].find(limit => !/^\d+$/.test(limit))
    if (wrong !== undefined) return `cannot convert string to integer for index: ${JSON.stringify(wrong)}`
    const [x, y] = [Number(from), Number(to)]
    const beyond = [x, y].find(index => index >= completions)
    if (beyond !== undefined) return `too large index: ${JSON.stringify(String(beyond))}`
    if (limits.length === 2 && x >= y) return `non-increasing order, previous: ${x}, current: ${y}`
    if (last >= x) return `non-increasing order, previous: ${last}, current: ${x}`
    total += y - x + 1
    last = y
  }
  return total
}
