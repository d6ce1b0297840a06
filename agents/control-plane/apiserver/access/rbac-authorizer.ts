/**
 * RBAC: who may do what follows from roles and the bindings that name a subject.
 * Upstream: plugin/pkg/auth/authorizer/rbac.
 *
 *   RB1  A ClusterRoleBinding grants everywhere; a RoleBinding in its namespace only, whichever kind of role it names.
 *   RB2  A rule matches verb, group, resource (with subresource as "pods/log" or "*", or "*" + "/scale") and, if it names any, resourceNames.
 *   RB3  nonResourceURLs end in "*" to mean a prefix, and count only in cluster roles.
 *   RB4  The index of subjects is rebuilt after a change of any role or binding, when it is next asked.
 *   RB5  A binding to a role that is not there grants nothing; whoever is refused over it is told so.
 */
import type { ObjectReader } from '../admission/admission.ts'
import { fieldAt, listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { noOpinion } from './authorizer.ts'
import type { Attributes, Authorizer, ResolvedRules, Verdict } from './authorizer.ts'
import { joinErrors } from './token-authenticator.ts'
import { serviceAccountOf } from './user-info.ts'
import type { UserInfo } from './user-info.ts'

export interface PolicyRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
  readonly nonResourceURLs?: readonly string[]
}

interface Grant {
  /** '' grants everywhere. */
  readonly namespace: string
  /** Absent when the role is (RB5). */
  readonly rules: readonly PolicyRule[] | undefined
  /** Why it allows, as upstream says it; or why it cannot. */
  readonly text: string
}

export interface HeldRules {
  readonly rules: readonly PolicyRule[]
  /** What could not be looked at. */
  readonly errors: readonly string[]
}

export const rbacGroup = 'rbac.authorization.k8s.io'

export class RbacAuthorizer implements Authorizer {
  readonly #reader: ObjectReader
  #grants: Map<string, Grant[]> | undefined

  constructor(reader: ObjectReader) {
    this.#reader = reader
  }

  /** Some role or binding has changed. */
  forget(): void {
    this.#grants = undefined
  }

  authorize(attributes: Attributes): Verdict {
    const errors: string[] = []
    for (const grant of this.#grantsOf(attributes.user)) {
      if (grant.namespace !== '' && (grant.namespace !== attributes.namespace || !attributes.isResourceRequest)) continue // RB1, RB3
      if (grant.rules === undefined) errors.push(grant.text)
      else if (grant.rules.some(rule => ruleAllows(rule, attributes))) return { decision: 'allow', reason: `RBAC: allowed by ${grant.text}` }
    }
    return errors.length === 0 ? noOpinion : { decision: 'no-opinion', reason: `RBAC: ${joinErrors(errors)}` } // RB5
  }

  /** Everything a user may do in a namespace (SelfSubjectRulesReview, escalation checks). */
  held(user: UserInfo, namespace: string): HeldRules {
    const rules: PolicyRule[] = []
    const errors: string[] = []
    for (const grant of this.#grantsOf(user)) {
      if (grant.namespace !== '' && grant.namespace !== namespace) continue
      if (grant.rules === undefined) errors.push(grant.text)
      else rules.push(...grant.rules)
    }
    return { rules, errors }
  }

  rulesFor(user: UserInfo, namespace: string): ResolvedRules {
    return { ...this.held(user, namespace), incomplete: false }
  }

  rulesOfRole(kind: string, name: string, namespace: string): readonly PolicyRule[] | undefined {
    const role = kind === 'ClusterRole' ? this.#reader.get({ group: rbacGroup, resource: 'clusterroles' }, '', name) : this.#reader.get({ group: rbacGroup, resource: 'roles' }, namespace, name)
    return role === undefined ? undefined : rulesOf(role)
  }

  *#grantsOf(user: UserInfo): Iterable<Grant> {
    const grants = (this.#grants ??= this.#index())
    yield* grants.get(`User:${user.name}`) ?? []
    for (const group of user.groups) yield* grants.get(`Group:${group}`) ?? []
    const account = serviceAccountOf(user)
    if (account !== undefined) yield* grants.get(`ServiceAccount:${account.namespace}/${account.name}`) ?? []
  }

  #index(): Map<string, Grant[]> {
    const grants = new Map<string, Grant[]>()
    const roles = new Map<string, readonly PolicyRule[]>()
    for (const role of this.#reader.list({ group: rbacGroup, resource: 'clusterroles' })) roles.set(`ClusterRole:${role.metadata.name!}`, rulesOf(role))
    for (const role of this.#reader.list({ group: rbacGroup, resource: 'roles' })) roles.set(`Role:${role.metadata.namespace!}/${role.metadata.name!}`, rulesOf(role))
    for (const binding of this.#reader.list({ group: rbacGroup, resource: 'clusterrolebindings' })) this.#addGrants(grants, roles, binding, '')
    for (const binding of this.#reader.list({ group: rbacGroup, resource: 'rolebindings' })) this.#addGrants(grants, roles, binding, binding.metadata.namespace!)
    return grants
  }

  #addGrants(grants: Map<string, Grant[]>, roles: ReadonlyMap<string, readonly PolicyRule[]>, binding: KubeObject, namespace: string): void {
    const roleKind = textAt(binding, 'roleRef', 'kind')
    const roleName = textAt(binding, 'roleRef', 'name')
    const rules = roles.get(roleKind === 'Role' ? `Role:${namespace}/${roleName}` : `ClusterRole:${roleName}`)
    const name = namespace === '' ? binding.metadata.name! : `${binding.metadata.name!}/${namespace}`
    for (const subject of listAt(binding, 'subjects')) {
      const kind = textAt(subject, 'kind')
      const subjectName = textAt(subject, 'name')
      const subjectNamespace = textAt(subject, 'namespace') === '' ? namespace : textAt(subject, 'namespace')
      const isAccount = kind === 'ServiceAccount'
      const shown = JSON.stringify(isAccount ? `${subjectName}/${subjectNamespace}` : subjectName)
      const text = rules === undefined ? `${roleKind.toLowerCase()}.${rbacGroup} ${JSON.stringify(roleName)} not found` : `${binding.kind} ${JSON.stringify(name)} of ${roleKind} ${JSON.stringify(roleName)} to ${kind} ${shown}`
      const key = isAccount ? `ServiceAccount:${subjectNamespace}/${subjectName}` : `${kind}:${subjectName}`
      const known = grants.get(key)
      if (known === undefined) grants.set(key, [{ namespace, rules, text }])
      else known.push({ namespace, rules, text })
    }
  }
}

export function rulesOf(role: KubeObject): readonly PolicyRule[] {
  const rules = fieldAt(role, 'rules')
  return Array.isArray(rules) ? (rules as PolicyRule[]) : []
}

export function ruleAllows(rule: PolicyRule, attributes: Pick<Attributes, 'verb' | 'isResourceRequest' | 'group' | 'resource' | 'subresource' | 'name' | 'path'>): boolean {
  if (!hasOrAll(rule.verbs, attributes.verb)) return false
  if (!attributes.isResourceRequest) return (rule.nonResourceURLs ?? []).some(pattern => pathMatches(pattern, attributes.path))
  return hasOrAll(rule.apiGroups ?? [], attributes.group) && resourceMatches(rule.resources ?? [], attributes.resource, attributes.subresource) && nameMatches(rule.resourceNames ?? [], attributes.name)
}

function hasOrAll(list: readonly string[], wanted: string): boolean {
  return list.includes('*') || list.includes(wanted)
}

function resourceMatches(resources: readonly string[], resource: string, subresource: string): boolean {
  if (resources.includes('*')) return true
  const combined = subresource === '' ? resource : `${resource}/${subresource}`
  return resources.includes(combined) || (subresource !== '' && resources.includes(`*/${subresource}`))
}

function nameMatches(names: readonly string[], name: string): boolean {
  return names.length === 0 || names.includes(name)
}

export function pathMatches(pattern: string, path: string): boolean {
  if (pattern === '*' || pattern === path) return true
  return pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))
}
