/** What the roles that every cluster starts with, and those of the lab's addons, let a service account of kube-system do. */
import { ruleAllows } from '../../agents/control-plane/apiserver/access/rbac-authorizer.ts'
import type { PolicyRule } from '../../agents/control-plane/apiserver/access/rbac-authorizer.ts'
import { wantedRbac } from '../../agents/control-plane/apiserver/bootstrap/ensure-objects.ts'
import type { KubeObject } from '../../agents/control-plane/apiserver/registry/kube-object.ts'
import { listAt, textAt } from '../../agents/control-plane/apiserver/registry/kube-object.ts'
import { blockVolumes } from '../../electron/labhost/addons/block-volumes.ts'

export interface Asked {
  readonly verb: string
  readonly group: string
  readonly resource: string
  /** '' for the resource itself. */
  readonly subresource: string
}

const groups = new Set(['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'])

/** Something that is no object of the API: /openapi/v3 … */
export interface AskedPath {
  readonly verb: string
  readonly path: string
}

/** Namespaces and names are not looked at: a right to one object counts. */
export function rightsOf(serviceAccount: string): (asked: Asked | AskedPath) => boolean {
  const ofAddons = blockVolumes.filter(({ apiVersion }) => apiVersion.startsWith('rbac.')).map(object => ({ resource: `${object.kind.toLowerCase()}s`, namespace: '', object: object as unknown as KubeObject }))
  const wanted = [...wantedRbac(), ...ofAddons]
  const bindings = wanted.filter(({ resource, object }) => resource.endsWith('bindings') && listAt(object, 'subjects').some(subject => (textAt(subject, 'kind') === 'ServiceAccount'
    ? textAt(subject, 'name') === serviceAccount && textAt(subject, 'namespace') === 'kube-system'
    : textAt(subject, 'kind') === 'Group' && groups.has(textAt(subject, 'name')))))
  const roles = bindings.map(({ object, namespace }) => wanted.find(each => each.resource === `${textAt(object, 'roleRef', 'kind').toLowerCase()}s` && each.object.metadata.name === textAt(object, 'roleRef', 'name') && (each.namespace === '' || each.namespace === namespace)))
  const rules = roles.flatMap(role => (role === undefined ? [] : (listAt(role.object, 'rules') as PolicyRule[]))).map(({ resourceNames: _, ...rule }) => rule)
  return asked => {
    const attributes = 'path' in asked ? { ...asked, isResourceRequest: false, group: '', resource: '', subresource: '', name: '' } : { ...asked, isResourceRequest: true, name: '', path: '' }
    return rules.some(rule => ruleAllows(rule, attributes))
  }
}
