/**
 * What upstream refuses of flow schemas and priority levels (pkg/apis/flowcontrol/validation).
 *
 *   FV1  The mandatory objects keep their spec; of the exempt level the shares and what it lends may change.
 *   FV2  "*" stands alone in a list.
 *   FV3  A hand must be dealt from as many queues, and from no more bits of a hash than there are.
 */
import { forbidden, invalid, notSupported, required } from '../../field-error.ts'
import type { FieldError } from '../../field-error.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import type { NameRule } from '../../validation/names.ts'
import { standardLevels, standardSchemas } from './standard-objects.ts'
import type { FlowSchema, LimitedPriorityLevelConfiguration, NonResourcePolicyRule, PolicyRulesWithSubjects, PriorityLevelConfiguration, QueuingConfiguration, ResourcePolicyRule, Subject } from './types.ts'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const mostQueues = 10_000_000
const mostHandBits = 60

export function validateFlowSchema({ metadata, spec, status }: FlowSchema): FieldError[] {
  const errors: FieldError[] = []
  const precedence = spec.matchingPrecedence ?? 0
  if (precedence <= 0) errors.push(invalid('spec.matchingPrecedence', precedence, 'must be a positive value'))
  if (precedence > 10_000) errors.push(invalid('spec.matchingPrecedence', precedence, 'must not be greater than 10000'))
  if (precedence === 1 && metadata.name !== 'exempt') errors.push(invalid('spec.matchingPrecedence', precedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
  const method = spec.distinguisherMethod
  if (method !== undefined && !['ByNamespace', 'ByUser'].includes(method.type)) errors.push(notSupported('spec.distinguisherMethod.type', { Type: method.type }, ['ByNamespace', 'ByUser']))
  if (spec.priorityLevelConfiguration.name === '') errors.push(required('spec.priorityLevelConfiguration.name', 'must reference a priority level'))
  else errors.push(...named(spec.priorityLevelConfiguration.name, 'spec.priorityLevelConfiguration.name', isDns1123Subdomain))
  spec.rules?.forEach((rule, index) => errors.push(...validateRule(rule, `spec.rules[${index}]`)))
  const fixed = standardSchemas.find(standard => standard.isMandatory && standard.name === metadata.name)
  if (fixed !== undefined && !semanticallyEqual(spec, fixed.spec)) errors.push(invalid('spec', spec, `spec of '${metadata.name}' must equal the fixed value`)) // FV1
  errors.push(...(status?.conditions ?? []).flatMap((condition, index) => ((condition.type ?? '') === '' ? [required(`status.conditions[${index}].type`, 'must not be empty')] : [])))
  return errors
}

function validateRule(rule: PolicyRulesWithSubjects, path: string): FieldError[] {
  const errors: FieldError[] = []
  const resources = rule.resourceRules ?? []
  const paths = rule.nonResourceRules ?? []
  if ((rule.subjects ?? []).length === 0) errors.push(required(`${path}.subjects`, 'subjects must contain at least one value'))
  rule.subjects?.forEach((subject, index) => errors.push(...validateSubject(subject, `${path}.subjects[${index}]`)))
  if (resources.length === 0 && paths.length === 0) errors.push(required(path, 'at least one of resourceRules and nonResourceRules has to be non-empty'))
  resources.forEach((resource, index) => errors.push(...validateResources(resource, `${path}.resourceRules[${index}]`)))
  paths.forEach((nonResource, index) => errors.push(...validatePaths(nonResource, `${path}.nonResourceRules[${index}]`)))
  return errors
}

function validateSubject(subject: Subject, path: string): FieldError[] {
  const fields = { ServiceAccount: 'serviceAccount', User: 'user', Group: 'group' } as const
  if (!(subject.kind in fields)) return [notSupported(`${path}.kind`, subject.kind, ['Group', 'ServiceAccount', 'User'])]
  const kind = subject.kind as keyof typeof fields
  const field = fields[kind]
  const value = subject[field]
  const errors: FieldError[] = []
  if (value === undefined) errors.push(required(`${path}.${field}`, `${field} is required when subject kind is '${kind}'`))
  else if (value.name === '') errors.push(required(`${path}.${field}.name`))
  if (kind === 'ServiceAccount' && subject.serviceAccount !== undefined) errors.push(...validateAccount(subject.serviceAccount, `${path}.serviceAccount`))
  for (const [other, name] of Object.entries(fields)) {
    if (other !== kind && subject[name] !== undefined) errors.push(forbidden(`${path}.${name}`, `${name} is forbidden when subject kind is not '${other}'`))
  }
  return errors
}

function validateAccount({ name, namespace }: NonNullable<Subject['serviceAccount']>, path: string): FieldError[] {
  const errors = name === '' || name === '*' ? [] : named(name, `${path}.name`, isDns1123Subdomain)
  if ((namespace ?? '') === '') errors.push(required(`${path}.namespace`, 'must specify namespace for service account'))
  else errors.push(...named(namespace, `${path}.namespace`, isDns1123Label))
  return errors
}

function validateResources(rule: ResourcePolicyRule, path: string): FieldError[] {
  const errors = validateVerbs(rule.verbs, path)
  errors.push(...list(rule.apiGroups, `${path}.apiGroups`, 'resource rules must supply at least one api group', 'api groups'))
  errors.push(...list(rule.resources, `${path}.resources`, 'resource rules must supply at least one resource', 'resources'))
  const namespaces = rule.namespaces ?? []
  if (namespaces.length === 0) {
    if (rule.clusterScope !== true) errors.push(required(`${path}.namespaces`, 'resource rules that are not cluster scoped must supply at least one namespace'))
  } else if (namespaces.includes('*')) errors.push(...list(namespaces, `${path}.namespaces`, '', 'namespaces'))
  else namespaces.forEach((namespace, index) => errors.push(...named(namespace, `${path}.namespaces[${index}]`, isDns1123Label, "each member of this list must be '*' or a DNS-1123 label; ")))
  return errors
}

function validatePaths(rule: NonResourcePolicyRule, path: string): FieldError[] {
  const errors = validateVerbs(rule.verbs, path)
  const urls = rule.nonResourceURLs ?? []
  errors.push(...list(urls, `${path}.nonResourceURLs`, 'nonResourceURLs must contain at least one value', 'non-resource URLs'))
  if (!urls.includes('*')) urls.forEach((url, index) => errors.push(...validateUrl(url, `${path}.nonResourceURLs[${index}]`)))
  return errors
}

function validateUrl(url: string, path: string): FieldError[] {
  if (url === '') return [invalid(path, url, 'must not be empty')]
  if (url === '/') return []
  if (!url.startsWith('/')) return [invalid(path, url, "must start with slash")]
  if (url.includes(' ')) return [invalid(path, url, 'must not contain white-space')]
  if (url.includes('//')) return [invalid(path, url, 'must not contain double slash')]
  const star = url.indexOf('*')
  if (star >= 0 && star < url.length - 1) return [invalid(path, url, 'wildcard can only do suffix matching')]
  if (star >= 0 && url.at(-2) !== '/') return [invalid(path, url, 'if ending with wildcard, the path must end with slash and wildcard')]
  return []
}

function validateVerbs(given: readonly string[] | undefined, path: string): FieldError[] {
  const errors = list(given, `${path}.verbs`, 'verbs must contain at least one value', 'verbs')
  if (errors.length === 0 && !given!.includes('*') && given!.some(verb => !verbs.includes(verb))) errors.push(notSupported(`${path}.verbs`, given, verbs))
  return errors
}

/** FV2 */
function list(given: readonly string[] | undefined, path: string, whenEmpty: string, what: string): FieldError[] {
  if (given === undefined || given.length === 0) return [required(path, whenEmpty)]
  return given.length > 1 && given.includes('*') ? [invalid(path, given, `if '*' is present, must not specify other ${what}`)] : []
}

function named(name: string, path: string, rule: NameRule, introduction = ''): FieldError[] {
  return rule(name).map(message => invalid(path, name, introduction + message))
}

export function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const errors: FieldError[] = []
  const isExempt = metadata.name === 'exempt'
  const fixed = standardLevels.find(standard => standard.isMandatory && standard.name === metadata.name)
  if (fixed !== undefined && !semanticallyEqual(isExempt ? { type: spec.type, limited: spec.limited } : spec, isExempt ? { type: 'Exempt', limited: undefined } : fixed.spec)) {
    errors.push(invalid('spec', spec, `spec of '${metadata.name}' must equal the fixed value${isExempt ? " except for the 'exempt' field" : ''}`)) // FV1
  }
  if (spec.type !== 'Exempt' && spec.type !== 'Limited') return [...errors, notSupported('spec.type', spec.type, ['Exempt', 'Limited'])]
  if ((spec.type === 'Exempt') !== isExempt) errors.push(invalid('spec.type', spec.type, "type must be 'Exempt' if and only if `name` is 'exempt'"))
  if (spec.type === 'Exempt') {
    if (spec.limited !== undefined) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'))
    errors.push(...(spec.exempt === undefined ? [] : validateSharing(spec.exempt, 'spec.exempt')))
    return errors
  }
  if (spec.exempt !== undefined) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'))
  if (spec.limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'))
  else errors.push(...validateLimited(spec.limited))
  return errors
}

function validateSharing(level: { readonly nominalConcurrencyShares?: number; readonly lendablePercent?: number }, path: string): FieldError[] {
  const errors: FieldError[] = []
  if ((level.nominalConcurrencyShares ?? 0) < 0) errors.push(invalid(`${path}.nominalConcurrencyShares`, level.nominalConcurrencyShares, 'must be a non-negative integer'))
  const percent = level.lendablePercent ?? 0
  if (percent < 0 || percent > 100) errors.push(invalid(`${path}.lendablePercent`, percent, 'must be between 0 and 100, inclusive'))
  return errors
}

function validateLimited(limited: LimitedPriorityLevelConfiguration): FieldError[] {
  const errors = validateSharing(limited, 'spec.limited')
  if ((limited.borrowingLimitPercent ?? 0) < 0) errors.push(invalid('spec.limited.borrowingLimitPercent', limited.borrowingLimitPercent, 'if specified, must be a non-negative integer'))
  const response = limited.limitResponse
  const path = 'spec.limited.limitResponse'
  if (response?.type === 'Reject') {
    if (response.queuing !== undefined) errors.push(forbidden(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'))
  } else if (response?.type === 'Queue') {
    if (response.queuing === undefined) errors.push(required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'))
    else errors.push(...validateQueuing(response.queuing, `${path}.queuing`))
  } else errors.push(notSupported(`${path}.type`, response?.type ?? '', ['Queue', 'Reject']))
  return errors
}

/** FV3 */
function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'))
  else if (queues > mostQueues) errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${mostQueues}`))
  if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, 'must be positive'))
  else if (handSize > queues) errors.push(invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`))
  else {
    const bits = Math.ceil(Array.from({ length: handSize }, (_hand, dealt) => Math.log2(queues - dealt)).reduce((sum, each) => sum + each, 0))
    if (bits > mostHandBits) errors.push(invalid(`${path}.handSize`, handSize, `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${mostHandBits}`))
  }
  return errors
}
