/**
 * May somebody do something, and which rule says so? The API server decides (SubjectAccessReview); where it names an RBAC
 * binding, the rules of the bound role that match are looked up.
 *
 *   AA1  A rule matches as RBAC matches: a star means all; a subresource is written after the resource it belongs to and a
 *        slash, or after a star; a rule with resource names matches those names only.
 */
import type { AccessAnswer, AccessQuestion, PolicyRule } from '../../contract/access.ts'
import type { ApiClient } from './api-client.ts'

interface Review {
  readonly status?: { readonly allowed?: boolean; readonly denied?: boolean; readonly reason?: string; readonly evaluationError?: string }
}

const allowedBy = /^RBAC: allowed by (ClusterRoleBinding|RoleBinding) "([^"]+)" of (ClusterRole|Role) "([^"]+)" to (\S+) "([^"]+)"/

export async function askAccess(client: ApiClient, question: AccessQuestion): Promise<AccessAnswer> {
  const { user, groups, ...attributes } = question
  const review = (await client.post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview',
    spec: { user, groups, resourceAttributes: attributes },
  })) as Review
  const { allowed = false, reason = '', evaluationError = '' } = review.status ?? {}
  const named = allowedBy.exec(reason)
  if (named === null) return { allowed, reason: reason || evaluationError, grant: null }
  const [, bindingKind, bindingName, roleKind, roleName, subjectKind, subjectName] = named as unknown as [string, string, string, string, string, string, string]
  const namespace = question.namespace === '' ? '' : `namespaces/${encodeURIComponent(question.namespace)}/`
  const role = (await client.get(`/apis/rbac.authorization.k8s.io/v1/${roleKind === 'Role' ? `${namespace}roles` : 'clusterroles'}/${encodeURIComponent(roleName)}`)) as { readonly rules?: readonly PolicyRule[] }
  return {
    allowed, reason,
    grant: { binding: { kind: bindingKind, name: bindingName }, role: { kind: roleKind, name: roleName }, subject: { kind: subjectKind, name: subjectName }, rules: (role.rules ?? []).filter(rule => matches(rule, question)) },
  }
}

/** AA1 */
export function matches(rule: PolicyRule, { verb, group, resource, subresource, name }: AccessQuestion): boolean {
  const has = (words: readonly string[] | undefined, word: string): boolean => words?.includes('*') === true || words?.includes(word) === true
  const resourceMatches = subresource === '' ? has(rule.resources, resource) : rule.resources?.some(one => one === '*' || one === `${resource}/${subresource}` || one === `*/${subresource}`) === true
  return has(rule.verbs, verb) && has(rule.apiGroups, group) && resourceMatches && (rule.resourceNames === undefined || rule.resourceNames.length === 0 || rule.resourceNames.includes(name))
}
