/**
 * Validation of admission policies and their bindings. Upstream: pkg/apis/admissionregistration/validation.
 *
 *   PV1  Every expression must compile, with the variables declared before it; a messageExpression knows no authorizer.
 *   PV2  Expressions that the stored policy already has are not refused, so that an old policy can still be changed.
 */
import { applyConfigurationType, boolType, jsonPatchType, listType, nullType, stringType } from '../../cel/cel.ts'
import { duplicate, forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { validateLabelSelector } from '../../validation/metadata.ts'
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName, isQualifiedName } from '../../validation/names.ts'
import { compileExpression, DeclaredVariables } from './admission-expressions.ts'
import type { ExpressionPlace } from './admission-expressions.ts'
import { compileErrors, failurePolicies, oneOf, reinvocationPolicies, validateMatchConditions, validateMatchResources } from './match-validation.ts'
import type { AuditAnnotation, MatchResources, MutatingAdmissionPolicyBindingSpec, MutatingAdmissionPolicySpec, Mutation, ParamKind, ParamRef, ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec, Validation, Variable } from './types.ts'

const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const actions = ['Audit', 'Deny', 'Warn']
const patchTypes = ['ApplyConfiguration', 'JSONPatch']
const mutatingOperations = ['*', 'CONNECT', 'CREATE', 'UPDATE']
const maxAuditAnnotations = 20
const maxValueExpression = 5 * 1024
const reserved = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'])

export function validateValidatingPolicy(name: string, spec: ValidatingAdmissionPolicySpec): FieldError[] {
  const hasParams = spec.paramKind !== undefined
  const place = { hasParams, hasAuthorizer: true }
  const errors = validateCommon(spec)
  const variables = declare(spec.variables ?? [], place, errors)
  const validations = spec.validations ?? []
  const annotations = spec.auditAnnotations ?? []
  if (validations.length === 0 && annotations.length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required('spec.validations', text), required('spec.auditAnnotations', text)]
  }
  const all = { ...place, ...(variables === undefined ? {} : { variables }) }
  errors.push(...validations.flatMap((each, index) => validateValidation(each, all, `spec.validations[${index}]`)))
  if (annotations.length > maxAuditAnnotations) errors.push(invalid('spec.auditAnnotations', annotations, `must not have more than ${maxAuditAnnotations} auditAnnotations`))
  const keys = new Set<string>()
  annotations.forEach((each, index) => {
    const path = `spec.auditAnnotations[${index}]`
    errors.push(...validateAuditAnnotation(name, each, all, path))
    if (keys.has(each.key)) errors.push(duplicate(`${path}.key`, each.key))
    keys.add(each.key)
  })
  return errors
}

export function validateMutatingPolicy(spec: MutatingAdmissionPolicySpec): FieldError[] {
  const place = { hasParams: spec.paramKind !== undefined, hasAuthorizer: true }
  const errors = [...validateCommon(spec), ...validateMutatingOperations(spec.matchConstraints, 'spec.matchConstraints')]
  const variables = declare(spec.variables ?? [], place, errors)
  const mutations = spec.mutations ?? []
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
  const all = { ...place, variables: variables ?? new DeclaredVariables(), mutates: true }
  errors.push(...mutations.flatMap((each, index) => validateMutation(each, all, `spec.mutations[${index}]`)))
  return [...errors, ...oneOf(spec.reinvocationPolicy, reinvocationPolicies, 'spec.reinvocationPolicy')]
}

type Common = Pick<ValidatingAdmissionPolicySpec, 'failurePolicy' | 'paramKind' | 'matchConstraints' | 'matchConditions'>

function validateCommon(spec: Common): FieldError[] {
  const match = spec.matchConstraints
  return [
    ...oneOf(spec.failurePolicy, failurePolicies, 'spec.failurePolicy'),
    ...(spec.paramKind === undefined ? [] : validateParamKind(spec.paramKind, 'spec.paramKind')),
    ...(match === undefined ? [required('spec.matchConstraints')] : validateMatchResources(match, 'spec.matchConstraints')),
    ...(match !== undefined && (match.resourceRules ?? []).length === 0 ? [required('spec.matchConstraints.resourceRules')] : []),
    ...validateMatchConditions(spec.matchConditions, spec.paramKind !== undefined, 'spec.matchConditions'),
  ]
}

function validateMutatingOperations(match: MatchResources | undefined, path: string): FieldError[] {
  const asked = (match?.resourceRules ?? []).flatMap(rule => rule.operations ?? [])
  return asked.filter(operation => !mutatingOperations.includes(operation)).map(operation => notSupported(`${path}.resourceRules.operations`, operation, mutatingOperations))
}

function validateParamKind({ apiVersion = '', kind = '' }: ParamKind, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (apiVersion === '') errors.push(required(`${path}.apiVersion`))
  else if (apiVersion.split('/').length > 2) errors.push(invalid(`${path}.apiVersion`, apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  else {
    const [group, version] = apiVersion.includes('/') ? (apiVersion.split('/') as [string, string]) : ['', apiVersion]
    const wrongGroup = group === '' ? [] : isDns1123Subdomain(group)
    if (wrongGroup.length > 0) errors.push(invalid(`${path}.apiVersion`, group, wrongGroup.join(',')))
    if (version === '') errors.push(invalid(`${path}.apiVersion`, apiVersion, 'version must be specified'))
    else if (isDns1035Label(version).length > 0) errors.push(invalid(`${path}.apiVersion`, version, isDns1035Label(version).join(',')))
  }
  if (kind === '') errors.push(required(`${path}.kind`))
  else if (isDns1035Label(kind.toLowerCase()).length > 0) errors.push(invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${isDns1035Label(kind.toLowerCase()).join(',')}`))
  return errors
}

/** The types of the variables, for what comes after them; undefined when there are none. */
function declare(variables: readonly Variable[], place: ExpressionPlace, errors: FieldError[]): DeclaredVariables | undefined {
  if (variables.length === 0) return undefined
  const declared = new DeclaredVariables()
  variables.forEach(({ name, expression }, index) => {
    const path = `spec.variables[${index}]`
    if (name.trim() === '') errors.push(required(`${path}.name`, 'name is not specified'))
    else if (!/^[_a-zA-Z]\w*$/.test(name) || reserved.has(name)) errors.push(invalid(`${path}.name`, name, 'must be a valid CEL identifier'))
    if (expression.trim() === '') {
      errors.push(required(`${path}.expression`, 'expression is not specified'))
      return
    }
    const compiled = compileExpression(expression, { ...place, variables: declared }, [])
    errors.push(...compileErrors(expression, compiled.error, `${path}.expression`))
    if (compiled.program !== undefined) declared.declare(name, compiled.program.type)
  })
  return declared
}

function validateValidation({ expression, message = '', messageExpression = '', reason }: Validation, place: ExpressionPlace, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (expression.trim() === '') errors.push(required(`${path}.expression`, 'expression is not specified'))
  else errors.push(...compileErrors(expression, compileExpression(expression, place, [boolType]).error, `${path}.expression`))
  if (messageExpression !== '' && messageExpression.trim() === '') errors.push(invalid(`${path}.messageExpression`, messageExpression, 'must be non-empty if specified'))
  else if (messageExpression !== '') errors.push(...compileErrors(messageExpression, compileExpression(messageExpression, { ...place, hasAuthorizer: false }, [stringType]).error, `${path}.messageExpression`)) // PV1
  if (message !== '' && message.trim() === '') errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'))
  else if (/[\n\r]/.test(message.trim())) errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'))
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, reasons))
  return errors
}

function validateAuditAnnotation(policy: string, { key, valueExpression }: AuditAnnotation, place: ExpressionPlace, path: string): FieldError[] {
  const errors = policy === '' ? [invalid(`${path}.key`, key, 'requires metadata.name be non-empty')] : isQualifiedName(`${policy}/${key}`).map(text => invalid(`${path}.key`, `${policy}/${key}`, text))
  const trimmed = valueExpression.trim()
  if (trimmed === '') errors.push(required(`${path}.valueExpression`, 'valueExpression is not specified'))
  else if (trimmed.length > maxValueExpression) errors.push(required(`${path}.valueExpression`, `must not exceed ${maxValueExpression} bytes in length`))
  else errors.push(...compileErrors(valueExpression, compileExpression(trimmed, place, [stringType, nullType]).error, `${path}.valueExpression`))
  return errors
}

function validateMutation({ patchType, jsonPatch, applyConfiguration }: Mutation, place: ExpressionPlace, path: string): FieldError[] {
  if ((patchType ?? '') === '') return [required(`${path}.patchType`)]
  if (patchType !== 'JSONPatch' && patchType !== 'ApplyConfiguration') return [notSupported(`${path}.patchType`, patchType, patchTypes)]
  const isPatch = patchType === 'JSONPatch'
  const [given, givenName, other, otherName] = isPatch ? [jsonPatch, 'jsonPatch', applyConfiguration, 'applyConfiguration'] as const : [applyConfiguration, 'applyConfiguration', jsonPatch, 'jsonPatch'] as const
  const errors: FieldError[] = []
  if (given === undefined) errors.push(required(`${path}.${givenName}`, `must be specified when patchType is ${patchType}`))
  else {
    const expression = (given.expression ?? '').trim()
    if (expression === '') errors.push(required(`${path}.${givenName}.expression`))
    else errors.push(...compileErrors(expression, compileExpression(expression, place, [isPatch ? listType(jsonPatchType) : applyConfigurationType]).error, `${path}.${givenName}.expression`))
  }
  if (other !== undefined) errors.push(invalid(`${path}.${otherName}`, `{${otherName}}`, `must not be specified when patchType is ${patchType}`))
  return errors
}

export function validateValidatingBinding(spec: ValidatingAdmissionPolicyBindingSpec): FieldError[] {
  return [...validateBinding(spec), ...validateActions(spec.validationActions ?? [], 'spec.validationActions')]
}

export function validateMutatingBinding(spec: MutatingAdmissionPolicyBindingSpec): FieldError[] {
  return [...validateBinding(spec), ...validateMutatingOperations(spec.matchResources, 'spec.matchResources')]
}

function validateBinding({ policyName = '', paramRef, matchResources }: MutatingAdmissionPolicyBindingSpec): FieldError[] {
  return [
    ...(policyName === '' ? [required('spec.policyName')] : isDns1123Subdomain(policyName).map(text => invalid('spec.policyName', policyName, text))),
    ...(paramRef === undefined ? [] : validateParamRef(paramRef, 'spec.paramRef')),
    ...validateMatchResources(matchResources, 'spec.matchResources'),
  ]
}

function validateParamRef({ name = '', selector, parameterNotFoundAction }: ParamRef, path: string): FieldError[] {
  const errors: FieldError[] = []
  const exclusive = 'name and selector are mutually exclusive'
  if (name !== '') errors.push(...isPathSegmentName(name).map(text => invalid(`${path}.name`, name, text)))
  if (name !== '' && selector !== undefined) errors.push(forbidden(`${path}.name`, exclusive))
  if (selector !== undefined) errors.push(...validateLabelSelector(selector, `${path}.selector`))
  if (name !== '' && selector !== undefined) errors.push(forbidden(`${path}.selector`, exclusive))
  if (name === '' && selector === undefined) errors.push(required(path, 'one of name or selector must be specified'))
  return [...errors, ...(parameterNotFoundAction === '' ? [required(`${path}.parameterNotFoundAction`)] : oneOf(parameterNotFoundAction, ['Deny', 'Allow'], `${path}.parameterNotFoundAction`))]
}

function validateActions(given: readonly string[], path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  given.forEach((action, index) => {
    if (!actions.includes(action)) errors.push(notSupported(`${path}[${index}]`, action, actions))
    if (seen.has(action)) errors.push(duplicate(`${path}[${index}]`, action))
    seen.add(action)
  })
  if (seen.has('Deny') && seen.has('Warn')) errors.push(invalid(path, given, 'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'))
  if (given.length === 0) errors.push(required(path, 'at least one validation action is required'))
  return errors
}

/** PV2: what is said about expressions that were there before is left out. */
export function withoutKnown(errors: readonly FieldError[], old: unknown): FieldError[] {
  const known = new Set<string>()
  collect(old, known)
  return errors.filter(({ message }) => !known.has(refusedExpression(message)))
}

/** The expression that did not compile; empty for another error. */
function refusedExpression(message: string): string {
  const quoted = /^Invalid value: ("(?:[^"\\]|\\.)*"): compilation failed/.exec(message)?.[1]
  return quoted === undefined ? '' : (JSON.parse(quoted) as string)
}

function collect(value: unknown, known: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, each] of Object.entries(value)) {
    if (typeof each === 'string' && /[eE]xpression$/.test(key)) known.add(each).add(each.trim())
    else collect(each, known)
  }
}
