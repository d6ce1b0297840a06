/**
 * Nobody hands out rights he does not hold. Upstream does this in the RBAC registries (policybased storage).
 *
 *   RE1  Writing a role needs every right in it, or the verb escalate on roles.
 *   RE2  Writing a binding needs every right of the role it names, or the verb bind on that role.
 *   RE3  roleRef of a binding cannot change.
 */
import type { Authorizer, Attributes } from '../access/authorizer.ts'
import { rbacGroup, rulesOf } from '../access/rbac-authorizer.ts'
import type { PolicyRule, RbacAuthorizer } from '../access/rbac-authorizer.ts'
import { ruleText, uncovered } from '../access/rule-coverage.ts'
import { mastersGroup } from '../access/user-info.ts'
import { forbidden, notFound } from '../http/api-error.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'

const roles = new Set(['roles', 'clusterroles'])
const bindings = new Set(['rolebindings', 'clusterrolebindings'])

export function roleEscalation(authorizer: Authorizer, rbac: RbacAuthorizer): AdmissionPlugin {
  return {
    name: 'RoleEscalation',
    concerns: request => request.group === rbacGroup && (request.operation === 'CREATE' || request.operation === 'UPDATE') && !request.user.groups.includes(mastersGroup),
    async validate(request) {
      if (roles.has(request.resource)) await checkRole(request, authorizer, rbac)
      else if (bindings.has(request.resource)) await checkBinding(request, authorizer, rbac)
    },
  }
}

async function checkRole(request: AdmissionRequest, authorizer: Authorizer, rbac: RbacAuthorizer): Promise<void> {
  const wanted = rulesOf(request.object!)
  if (request.oldObject !== undefined && sameValue(wanted, rulesOf(request.oldObject)) && sameValue(request.object!['aggregationRule'], request.oldObject['aggregationRule'])) return
  if (await may(request, authorizer, 'escalate', request.resource, request.object!.metadata.name ?? '')) return // RE1
  const held = rbac.rulesFor(request.user, request.namespace)
  const all: PolicyRule[] = request.object!['aggregationRule'] === undefined ? [...wanted] : [...wanted, { verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
  refuse(request, uncovered(held, all))
}

async function checkBinding(request: AdmissionRequest, authorizer: Authorizer, rbac: RbacAuthorizer): Promise<void> {
  const kind = textAt(request.object, 'roleRef', 'kind')
  const name = textAt(request.object, 'roleRef', 'name')
  const same = request.oldObject !== undefined && sameValue(listAt(request.object, 'subjects'), listAt(request.oldObject, 'subjects')) && sameValue(request.object!['roleRef'], request.oldObject['roleRef'])
  if (same) return
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (await may(request, authorizer, 'bind', resource, name)) return // RE2
  const rules = rbac.rulesOfRole(kind, name, request.namespace)
  if (rules === undefined) throw notFound({ group: rbacGroup, resource }, name)
  refuse(request, uncovered(rbac.rulesFor(request.user, request.namespace), rules))
}

async function may(request: AdmissionRequest, authorizer: Authorizer, verb: string, resource: string, name: string): Promise<boolean> {
  const attributes: Attributes = { user: request.user, verb, isResourceRequest: true, group: rbacGroup, version: 'v1', resource, subresource: '', namespace: request.namespace, name, path: '', fieldSelector: '', labelSelector: '' }
  return (await authorizer.authorize(attributes)).decision === 'allow'
}

function refuse(request: AdmissionRequest, missing: readonly PolicyRule[]): void {
  if (missing.length === 0) return
  const { user } = request
  const groups = user.groups.map(group => JSON.stringify(group)).join(' ')
  throw forbidden(request, request.object!.metadata.name ?? '', `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${missing.map(ruleText).join('\n')}`)
}
