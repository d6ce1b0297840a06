/**
 * Whether a rule of a webhook or policy is about a request. Upstream: webhook/predicates/rules, policy/matching.
 *
 *   RL1  Groups, versions and operations match by name or "*"; "pods/exec", "pods/*", "*" (no subresource) and "*\/scale"
 *        are the forms of a resource.
 *   RL2  Scope: Namespace objects count as cluster-scoped, although their requests carry a namespace.
 *   RL3  Names, where a rule has any, must contain the request's.
 *   RL4  The objects that configure admission are never intercepted, or a mistake could not be taken back.
 */
import type { NamedRuleWithOperations } from '../../../../api/groups/admissionregistration-v1/types.ts'
import type { AdmissionRequest } from '../admission.ts'

export interface GroupVersionResource {
  readonly group: string
  readonly version: string
  readonly resource: string
}

export function ruleMatches(rule: NamedRuleWithOperations, request: AdmissionRequest, as: GroupVersionResource = request): boolean {
  return (
    holds(rule.operations, request.operation) &&
    holds(rule.apiGroups, as.group) &&
    holds(rule.apiVersions, as.version) &&
    isResourceOf(rule.resources, as.resource, request.subresource) &&
    isInScope(rule.scope, request, as) &&
    isNamed(rule.resourceNames, request)
  )
}

function holds(items: readonly string[] | undefined, wanted: string): boolean {
  return items !== undefined && (items.includes('*') || items.includes(wanted))
}

/** RL1 */
function isResourceOf(patterns: readonly string[] | undefined, resource: string, subresource: string): boolean {
  return patterns !== undefined && patterns.some(pattern => {
    const slash = pattern.indexOf('/')
    const main = slash < 0 ? pattern : pattern.slice(0, slash)
    const sub = slash < 0 ? '' : pattern.slice(slash + 1)
    return (main === '*' || main === resource) && (sub === '*' || sub === subresource)
  })
}

/** RL2 */
function isInScope(scope: string | undefined, request: AdmissionRequest, as: GroupVersionResource): boolean {
  if (scope === undefined || scope === '*') return true
  const isClusterWide = request.namespace === '' || (as.group === '' && as.resource === 'namespaces')
  return scope === 'Cluster' ? isClusterWide : scope === 'Namespaced' && !isClusterWide
}

/** RL3 */
function isNamed(names: readonly string[] | undefined, request: AdmissionRequest): boolean {
  return names === undefined || names.length === 0 || names.includes(request.name)
}

const exemptKinds = new Set(['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding', 'MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'])

/** RL4 */
export function isExempt({ kind }: AdmissionRequest): boolean {
  return kind.group === 'admissionregistration.k8s.io' && exemptKinds.has(kind.kind)
}
