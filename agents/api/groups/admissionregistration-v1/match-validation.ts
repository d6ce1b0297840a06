/**
 * Validation of what webhooks, policies and bindings match: rules, selectors, conditions.
 * Upstream: pkg/apis/admissionregistration/validation.
 *
 *   MV1  A wildcard stands alone in its list.
 *   MV2  Conditions that were there before are not compiled again.
 */
import { boolType } from '../../cel/cel.ts'
import { duplicate, invalid, notSupported, required, tooMany, type FieldError } from '../../field-error.ts'
import { validateLabelSelector } from '../../validation/metadata.ts'
import { isPathSegmentName, isQualifiedName } from '../../validation/names.ts'
import { compileExpression } from './admission-expressions.ts'
import type { MatchCondition, MatchResources, NamedRuleWithOperations } from './types.ts'

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']
const scopes = ['*', 'Cluster', 'Namespaced']
const maxConditions = 64

export const failurePolicies = ['Fail', 'Ignore']
export const matchPolicies = ['Equivalent', 'Exact']
export const reinvocationPolicies = ['IfNeeded', 'Never']

export function oneOf(value: string | undefined, allowed: readonly string[], path: string): FieldError[] {
  if (value === undefined) return [required(path)]
  return allowed.includes(value) ? [] : [notSupported(path, value, allowed)]
}

export function validateRule(rule: NamedRuleWithOperations, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  rule.resourceNames?.forEach((name, index) => {
    errors.push(...isPathSegmentName(name).map(text => invalid(`${path}.resourceNames[${index}]`, name, text)))
    if (names.has(name)) errors.push(duplicate(`${path}.resourceNames[${index}]`, name))
    names.add(name)
  })
  errors.push(...listed(rule.operations, `${path}.operations`, 'operations'))
  rule.operations?.forEach((operation, index) => {
    if (!operations.includes(operation)) errors.push(notSupported(`${path}.operations[${index}]`, operation, operations))
  })
  errors.push(...listed(rule.apiGroups, `${path}.apiGroups`, 'API groups'), ...listed(rule.apiVersions, `${path}.apiVersions`, 'API versions'))
  rule.apiVersions?.forEach((version, index) => {
    if (version === '') errors.push(required(`${path}.apiVersions[${index}]`))
  })
  errors.push(...validateResources(rule.resources ?? [], `${path}.resources`))
  if (rule.scope !== undefined && !scopes.includes(rule.scope)) errors.push(notSupported(`${path}.scope`, rule.scope, scopes))
  return errors
}

/** MV1 */
function listed(items: readonly string[] | undefined, path: string, what: string): FieldError[] {
  if (items === undefined || items.length === 0) return [required(path)]
  return items.length > 1 && items.includes('*') ? [invalid(path, items, `if '*' is present, must not specify other ${what}`)] : []
}

function validateResources(resources: readonly string[], path: string): FieldError[] {
  if (resources.length === 0) return [required(path)]
  const errors: FieldError[] = []
  const anySubresource = new Set<string>()
  const anyResource = new Set<string>()
  let hasPlain = false
  resources.forEach((text, index) => {
    if (text === '') {
      errors.push(required(`${path}[${index}]`))
      return
    }
    const slash = text.indexOf('/')
    if (slash < 0) {
      hasPlain = text !== '*'
      return
    }
    const resource = text.slice(0, slash)
    const subresource = text.slice(slash + 1)
    if (anySubresource.has(resource)) errors.push(invalid(`${path}[${index}]`, text, `if '${resource}/*' is present, must not specify ${text}`))
    if (anyResource.has(subresource)) errors.push(invalid(`${path}[${index}]`, text, `if '*/${subresource}' is present, must not specify ${text}`))
    if (subresource === '*') anySubresource.add(resource)
    if (resource === '*') anyResource.add(subresource)
  })
  if (resources.length > 1 && resources.includes('*/*')) errors.push(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
  if (resources.includes('*') && hasPlain) errors.push(invalid(path, resources, "if '*' is present, must not specify other resources without subresources"))
  return errors
}

export function validateMatchResources(match: MatchResources | undefined, path: string): FieldError[] {
  if (match === undefined) return []
  return [
    ...oneOf(match.matchPolicy, matchPolicies, `${path}.matchPolicy`),
    ...(match.namespaceSelector === undefined ? [required(`${path}.namespaceSelector`)] : validateLabelSelector(match.namespaceSelector, `${path}.namespaceSelector`)),
    ...(match.objectSelector === undefined ? [required(`${path}.objectSelector`)] : validateLabelSelector(match.objectSelector, `${path}.objectSelector`)),
    ...(match.resourceRules ?? []).flatMap((rule, index) => validateRule(rule, `${path}.resourceRules[${index}]`)),
    ...(match.excludeResourceRules ?? []).flatMap((rule, index) => validateRule(rule, `${path}.excludeResourceRules[${index}]`)),
  ]
}

export function validateMatchConditions(conditions: readonly MatchCondition[] | undefined, hasParams: boolean, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const all = conditions ?? []
  if (all.length > maxConditions) errors.push(tooMany(path, all.length, maxConditions))
  all.forEach(({ name, expression }, index) => {
    const at = `${path}[${index}]`
    const trimmed = expression.trim()
    if (trimmed === '') errors.push(required(`${at}.expression`))
    else errors.push(...compileErrors(trimmed, compileExpression(trimmed, { hasParams, hasAuthorizer: true }, [boolType]).error, `${at}.expression`))
    if (name === '') errors.push(required(`${at}.name`))
    else errors.push(...isQualifiedName(name).map(text => invalid(`${at}.name`, name, text)))
    if (name !== '' && names.has(name)) errors.push(duplicate(`${at}.name`, name))
    names.add(name)
  })
  return errors
}

export function compileErrors(expression: string, error: string | undefined, path: string): FieldError[] {
  return error === undefined ? [] : [invalid(path, expression, error)]
}
