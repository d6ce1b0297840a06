/**
 * Which flow schema a request belongs to. Upstream: apiserver/pkg/util/flowcontrol/rule.go.
 *
 *   FM1  Schemas are asked in the order of precedence, then name; the first that has a matching rule takes the request.
 *   FM2  A rule matches by a subject and by a resource rule, or by a path rule for what is no resource.
 *   FM3  "*" means all where it stands alone. A path rule also matches what lies below it.
 *   FM4  A flow is told apart by user, by namespace, or not at all.
 */
import type { FlowSchema, FlowSchemaSpec, NonResourcePolicyRule, PolicyRulesWithSubjects, ResourcePolicyRule, Subject } from '../../../api/groups/flowcontrol-v1/types.ts'
import type { UserInfo } from '../access/user-info.ts'
import type { RequestInfo } from '../http/request-info.ts'

export function inMatchingOrder(schemas: readonly FlowSchema[]): FlowSchema[] {
  const precedence = ({ spec }: FlowSchema) => spec.matchingPrecedence ?? 0
  return [...schemas].sort((a, b) => precedence(a) - precedence(b) || (a.metadata.name < b.metadata.name ? -1 : 1)) // FM1
}

export function matchesSchema({ rules }: FlowSchemaSpec, info: RequestInfo, user: UserInfo): boolean {
  return rules?.some(rule => matchesRule(rule, info, user)) === true
}

/** FM4 */
export function distinguisherOf({ distinguisherMethod }: FlowSchemaSpec, info: RequestInfo, user: UserInfo): string {
  if (distinguisherMethod?.type === 'ByUser') return user.name
  return distinguisherMethod?.type === 'ByNamespace' ? info.namespace : ''
}

/** FM2 */
function matchesRule(rule: PolicyRulesWithSubjects, info: RequestInfo, user: UserInfo): boolean {
  if (!rule.subjects.some(subject => matchesSubject(subject, user))) return false
  return info.isResourceRequest
    ? rule.resourceRules?.some(resources => matchesResource(resources, info)) === true
    : rule.nonResourceRules?.some(paths => matchesPath(paths, info)) === true
}

function matchesSubject(subject: Subject, user: UserInfo): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.user?.name === '*' || subject.user?.name === user.name
    case 'Group':
      return subject.group !== undefined && (subject.group.name === '*' || user.groups.includes(subject.group.name))
    case 'ServiceAccount': {
      const account = subject.serviceAccount
      if (account === undefined) return false
      const prefix = `system:serviceaccount:${account.namespace}:`
      return account.name === '*' ? user.name.startsWith(prefix) : user.name === prefix + account.name
    }
    default:
      return false
  }
}

function matchesResource(rule: ResourcePolicyRule, info: RequestInfo): boolean {
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  if (!includes(rule.verbs, info.verb) || !includes(rule.resources, resource) || !includes(rule.apiGroups, info.group)) return false
  return info.namespace === '' ? rule.clusterScope === true : includes(rule.namespaces ?? [], info.namespace)
}

function matchesPath(rule: NonResourcePolicyRule, { verb, path }: RequestInfo): boolean {
  return includes(rule.verbs, verb) && rule.nonResourceURLs.some(url => {
    if (url === '*' || url === path) return true
    const above = url.endsWith('*') ? url.slice(0, -1) : url
    return path.startsWith(above.endsWith('/') ? above : `${above}/`) // FM3
  })
}

function includes(list: readonly string[], value: string): boolean {
  return (list.length === 1 && list[0] === '*') || list.includes(value)
}
