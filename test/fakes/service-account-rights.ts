/** What the roles that every cluster starts with let a service account of kube-system do. */
import { ruleAllows } from '../../agents/control-plane/apiserver/access/rbac-authorizer.ts'
import type { PolicyRule } from '../../agents/control-plane/apiserver/access/rbac-authorizer.ts'
import { wantedRbac } from '../../agents/control-plane/apiserver/bootstrap/ensure-objects.ts'
import { listAt, textAt } from '../../agents/control-plane/apiserver/registry/kube-object.ts'

export interface Asked {
  readonly verb: string
  readonly group: string
  readonly resource: string
  /** '' for the resource itself. */
  readonly subresource: string
}

const groups = new Set(['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'])

/** Namespaces and names are not looked at: a right to one object counts. */
export function rightsOf(serviceAccount: string): (asked: Asked) => boolean {
  const wanted = wantedRbac()
  const bindings = wanted.filter(({ resource, object }) => resource.endsWith('bindings') && listAt(object, 'subjects').some(subject => (textAt(subject, 'kind') === 'ServiceAccount'
    ? textAt(subject, 'name') === serviceAccount && textAt(subject, 'namespace') === 'kube-system'
    : textAt(subject, 'kind') === 'Group' && groups.has(textAt(subject, 'name')))))
  const roles = bindings.map(({ object, namespace }) => wanted.find(each => each.resource === `${textAt(object, 'roleRef', 'kind').toLowerCase()}s` && each.object.metadata.name === textAt(object, 'roleRef', 'name') && (each.namespace === '' || each.namespace === namespace)))
  const rules = roles.flatMap(role => (role === undefined ? [] : (listAt(role.object, 'rules') as PolicyRule[]))).map(({ resourceNames: _, ...rule }) => rule)
  return asked => rules.some(rule => ruleAllows(rule, { ...asked, isResourceRequest: true, name: '', path: '' }))
}
