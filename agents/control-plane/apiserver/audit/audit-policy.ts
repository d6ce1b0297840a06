/**
 * What is audited, and how much of it: --audit-policy-file, audit.k8s.io/v1.
 * Upstream: apiserver/pkg/audit/policy, apiserver/pkg/apis/audit/validation.
 *
 *   AP1  The first rule that matches decides; what no rule matches is not audited.
 *   AP2  A rule about namespaces or resources matches resource requests only, one about URLs the others only.
 *   AP3  Resources are "pods", "pods/log", "pods/*", "*", or "*" with a subresource; names are exact.
 *   AP4  Stages omitted by the policy are omitted by every rule; managed fields as the rule says, else as the policy says.
 *   AP5  A wrong policy stops the server, naming file, line and column. Unknown fields are only warned of.
 */
import { invalid, notSupported, required } from '../../../api/field-error.ts'
import type { FieldError } from '../../../api/field-error.ts'
import { isDns1123Subdomain } from '../../../api/validation/names.ts'
import type { Attributes } from '../access/authorizer.ts'
import { ConfigFileError } from '../config-files/positioned-yaml.ts'
import type { PositionedYaml } from '../config-files/positioned-yaml.ts'
import { listAt, textAt, isFields } from '../registry/kube-object.ts'

export const auditLevels = ['None', 'Metadata', 'Request', 'RequestResponse'] as const
export type AuditLevel = (typeof auditLevels)[number]
export const auditStages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'] as const
export type AuditStage = (typeof auditStages)[number]

interface GroupResources {
  readonly group?: string
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

interface PolicyRule {
  readonly level: AuditLevel
  readonly users?: readonly string[]
  readonly userGroups?: readonly string[]
  readonly verbs?: readonly string[]
  readonly resources?: readonly GroupResources[]
  readonly namespaces?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
  readonly omitStages?: readonly AuditStage[]
  readonly omitManagedFields?: boolean
}

export interface AuditDecision {
  readonly level: AuditLevel
  readonly omits: ReadonlySet<AuditStage>
  readonly omitManagedFields: boolean
}

export interface AuditPolicy {
  /** Undefined when the request is not audited. */
  decide(attributes: Omit<Attributes, 'user'> & { readonly user: Attributes['user'] | undefined }): AuditDecision | undefined
  readonly warnings: readonly string[]
}

const ruleFields = { level: true, users: true, userGroups: true, verbs: true, resources: { '*': { group: true, resources: true, resourceNames: true } }, namespaces: true, nonResourceURLs: true, omitStages: true, omitManagedFields: true } as const
const policyFields = { apiVersion: true, kind: true, metadata: true, rules: { '*': ruleFields }, omitStages: true, omitManagedFields: true } as const

export function readAuditPolicy(file: PositionedYaml): AuditPolicy {
  const policy = file.value
  if (!isFields(policy)) throw new ConfigFileError(`${file.place([])}: failed decoding: the policy is empty`)
  const [apiVersion, kind] = [textAt(policy, 'apiVersion'), textAt(policy, 'kind')]
  if (apiVersion !== 'audit.k8s.io/v1' || kind !== 'Policy') throw new ConfigFileError(`${file.place(['apiVersion'])}: unknown group version field ${apiVersion}, Kind=${kind} in policy; audit.k8s.io/v1, Kind=Policy is supported`)
  const rules = listAt(policy, 'rules') as unknown as readonly PolicyRule[]
  file.refuse([...stageErrors(listAt(policy, 'omitStages'), 'omitStages'), ...rules.flatMap((rule, index) => ruleErrors(rule, `rules[${index}]`))]) // AP5
  if (rules.length === 0) throw new ConfigFileError(`${file.place(['rules'])}: loaded illegal policy with 0 rules`)
  const omitsForAll = listAt(policy, 'omitStages') as readonly AuditStage[]
  const compiled = rules.map(rule => ({
    rule,
    decision: rule.level === 'None' ? undefined : {
      level: rule.level,
      omits: new Set([...omitsForAll, ...(rule.omitStages ?? [])]), // AP4
      omitManagedFields: rule.omitManagedFields ?? policy['omitManagedFields'] === true,
    },
  }))
  return {
    warnings: file.unknownFields(policyFields),
    decide: attributes => compiled.find(({ rule }) => matches(rule, attributes))?.decision, // AP1
  }
}

function matches(rule: PolicyRule, attributes: Parameters<AuditPolicy['decide']>[0]): boolean {
  const { user } = attributes
  if (isListed(rule.users) && (user === undefined || !rule.users.includes(user.name))) return false
  if (isListed(rule.userGroups) && user?.groups.some(group => rule.userGroups!.includes(group)) !== true) return false
  if (isListed(rule.verbs) && !rule.verbs.includes(attributes.verb)) return false
  if (isListed(rule.namespaces) || isListed(rule.resources)) return attributes.isResourceRequest && matchesResource(rule, attributes) // AP2
  if (isListed(rule.nonResourceURLs)) return !attributes.isResourceRequest && rule.nonResourceURLs.some(url => url === '*' || url === attributes.path || (url.endsWith('*') && attributes.path.startsWith(url.slice(0, -1))))
  return true
}

/** AP3 */
function matchesResource(rule: PolicyRule, { group, resource, subresource, namespace, name }: Parameters<AuditPolicy['decide']>[0]): boolean {
  if (isListed(rule.namespaces) && !rule.namespaces.includes(namespace)) return false
  if (!isListed(rule.resources)) return true
  const whole = subresource === '' ? resource : `${resource}/${subresource}`
  return rule.resources.some(of => {
    if (of.group !== '*' && (of.group ?? '') !== group) return false
    if (!isListed(of.resources)) return true
    if (isListed(of.resourceNames) && !of.resourceNames.includes(name)) return false
    return of.resources.some(wanted => wanted === whole || wanted === '*' || wanted === `${resource}/*` || (subresource !== '' && wanted === `*/${subresource}`))
  })
}

function isListed<T>(list: readonly T[] | undefined): list is readonly T[] {
  return list !== undefined && list !== null && list.length > 0
}

function ruleErrors(rule: PolicyRule, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!isFields(rule)) return [invalid(path, rule, 'a rule must be an object')]
  const level = rule.level as string | undefined
  if (level === undefined || level === '') errors.push(required(`${path}.level`))
  else if (!(auditLevels as readonly string[]).includes(level)) errors.push(notSupported(`${path}.level`, level, auditLevels))
  rule.nonResourceURLs?.forEach((url, index) => {
    if (url === '*') return
    if (!url.startsWith('/')) errors.push(invalid(`${path}.nonResourceURLs[${index}]`, url, "non-resource URL rules must begin with a '/' character"))
    if (url.slice(0, -1).includes('*')) errors.push(invalid(`${path}.nonResourceURLs[${index}]`, url, "non-resource URL wildcards '*' must be the final character of the rule"))
  })
  rule.resources?.forEach(({ group = '', resources = [], resourceNames = [] }, index) => {
    if (group !== '' && group !== '*' && isDns1123Subdomain(group).length > 0) errors.push(invalid(`${path}.resources[${index}].group`, group, isDns1123Subdomain(group).join(',')))
    if (resourceNames.length > 0 && resources.length === 0) errors.push(invalid(`${path}.resources[${index}].resourceNames`, resourceNames, 'using resourceNames requires at least one resource'))
  })
  errors.push(...stageErrors(rule.omitStages ?? [], `${path}.omitStages`))
  if (isListed(rule.nonResourceURLs) && (isListed(rule.resources) || isListed(rule.namespaces))) errors.push(invalid(`${path}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'))
  return errors
}

function stageErrors(stages: readonly unknown[], path: string): FieldError[] {
  return stages.flatMap((stage, index) => ((auditStages as readonly unknown[]).includes(stage) ? [] : [invalid(`${path}[${index}]`, stage, `allowed stages are ${auditStages.join(',')}`)]))
}
