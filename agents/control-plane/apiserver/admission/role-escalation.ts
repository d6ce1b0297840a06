/**
 * Nobody hands out rights he does not hold. Upstream does this in the RBAC registries (policybased storage).
 *
 *   RE1  Writing a role needs every right in it, or the verb escalate on roles.
 *   RE2  Writing a binding needs every right of the role it names, or the verb bind on that role.
 *   RE3  roleRef of a binding cannot change (its kind sees to that).
 *   RE4  A role that gathers others by labels is for those who may do everything.
 *   RE5  A change of owners and finalizers alone hands nothing out.
 */
import type { Authorizer, Attributes } from '../access/authorizer.ts'
import { rbacGroup, rulesOf } from '../access/rbac-authorizer.ts'
import type { PolicyRule, RbacAuthorizer } from '../access/rbac-authorizer.ts'
import { compacted, ruleText, uncovered } from '../access/rule-coverage.ts'
import { joinErrors } from '../access/token-authenticator.ts'
import { mastersGroup } from '../access/user-info.ts'
import { forbidden, notFound } from '../http/api-error.ts'
import { listAt, textAt } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
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

const fullAuthority: readonly PolicyRule[] = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] }]

async function checkRole(request: AdmissionRequest, authorizer: Authorizer, rbac: RbacAuthorizer): Promise<void> {
  if (isOnlyForCollection(request)) return
  if (await may(request, authorizer, 'escalate', request.resource, request.name)) return // RE1
  refuse(request, rbac, rulesOf(request.object!))
  if (![request.object, request.oldObject].some(role => listAt(role, 'aggregationRule', 'clusterRoleSelectors').length > 0)) return
  if (uncovered(rbac.held(request.user, '').rules, fullAuthority).length > 0) throw forbidden(request, nameOf(request), 'must have cluster-admin privileges to use the aggregationRule') // RE4
}

async function checkBinding(request: AdmissionRequest, authorizer: Authorizer, rbac: RbacAuthorizer): Promise<void> {
  if (isOnlyForCollection(request)) return
  const kind = textAt(request.object, 'roleRef', 'kind')
  const name = textAt(request.object, 'roleRef', 'name')
  const resource = kind === 'ClusterRole' ? 'clusterroles' : 'roles'
  if (await may(request, authorizer, 'bind', resource, name)) return // RE2
  const rules = rbac.rulesOfRole(kind, name, request.namespace)
  if (rules === undefined) throw notFound({ group: rbacGroup, resource: kind.toLowerCase() }, name)
  refuse(request, rbac, rules)
}

/** RE5 */
function isOnlyForCollection({ object, oldObject }: AdmissionRequest): boolean {
  if (object === undefined || oldObject === undefined) return false
  const bare = ({ metadata, ...rest }: KubeObject) => {
    const { ownerReferences: _owners, finalizers: _finalizers, managedFields: _managers, ...kept } = metadata
    return { ...rest, metadata: kept }
  }
  return !sameValue(object.metadata, oldObject.metadata) && sameValue(bare(object), bare(oldObject))
}

async function may(request: AdmissionRequest, authorizer: Authorizer, verb: string, resource: string, name: string): Promise<boolean> {
  const attributes: Attributes = { user: request.user, verb, isResourceRequest: true, group: rbacGroup, version: '*', resource, subresource: '', namespace: request.namespace, name, path: '', fieldSelector: '', labelSelector: '' }
  return (await authorizer.authorize(attributes)).decision === 'allow'
}

function refuse(request: AdmissionRequest, rbac: RbacAuthorizer, wanted: readonly PolicyRule[]): void {
  const { user } = request
  const held = rbac.held(user, request.namespace)
  const missing = uncovered(held.rules, wanted)
  if (missing.length === 0) return
  const groups = user.groups.map(group => JSON.stringify(group)).join(' ')
  const texts = [...new Set(compacted(missing).map(ruleText))].sort()
  const errors = held.errors.length === 0 ? '' : `; resolution errors: [${joinErrors(held.errors)}]`
  throw forbidden(request, nameOf(request), `user ${JSON.stringify(user.name)} (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${texts.join('\n')}${errors}`)
}

function nameOf(request: AdmissionRequest): string {
  return request.object!.metadata.name ?? ''
}
