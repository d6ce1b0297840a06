/** Roles and their bindings: names are path segments; a rule names what it allows; a binding's role never changes. */
import { defineKind, type KindBehaviour } from '../../define-kind.ts'
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { clusterRoleBindings, clusterRoles, roleBindings, roles } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isDns1123Subdomain, isPathSegmentName } from '../../validation/names.ts'
import { validateLabelSelector } from '../../validation/metadata.ts'
import type { ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, Subject } from './types.ts'

const shared = { nameRule: isPathSegmentName, allowsCreateOnUpdate: true } as const
const rbacGroup = 'rbac.authorization.k8s.io'

function validateRules(rules: readonly PolicyRule[], namespaced: boolean): FieldError[] {
  return rules.flatMap((rule, index) => {
    const path = `rules[${index}]`
    const errors: FieldError[] = (rule.verbs ?? []).length === 0 ? [required(`${path}.verbs`, 'verbs must contain at least one value')] : []
    if ((rule.nonResourceURLs ?? []).length > 0) {
      if (namespaced) errors.push(invalid(`${path}.nonResourceURLs`, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
      if ((rule.apiGroups ?? []).length > 0 || (rule.resources ?? []).length > 0 || (rule.resourceNames ?? []).length > 0) {
        errors.push(invalid(`${path}.nonResourceURLs`, rule.nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'))
      }
      return errors
    }
    if ((rule.apiGroups ?? []).length === 0) errors.push(required(`${path}.apiGroups`, 'resource rules must supply at least one api group'))
    if ((rule.resources ?? []).length === 0) errors.push(required(`${path}.resources`, 'resource rules must supply at least one resource'))
    return errors
  })
}

export const role = defineKind<Role>(roles, { ...shared, validate: object => validateRules(object.rules ?? [], true) })

/** What is wrong with a selector is said of its parts and of the whole, which is none then. */
function validateAggregated(selector: unknown, path: string): FieldError[] {
  const errors = validateLabelSelector(selector, path)
  return errors.length === 0 ? errors : [...errors, invalid(path, null, 'invalid label selector.')]
}

export const clusterRole = defineKind<ClusterRole>(clusterRoles, {
  ...shared,
  validate: object => [
    ...validateRules(object.rules ?? [], false),
    ...(object.aggregationRule === undefined ? []
      : (object.aggregationRule.clusterRoleSelectors ?? []).length === 0 ? [required('aggregationRule.clusterRoleSelectors', 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
        : object.aggregationRule.clusterRoleSelectors!.flatMap((selector, index) => validateAggregated(selector, `aggregationRule.clusterRoleSelectors[${index}]`))),
  ],
})

type AnyBinding = RoleBinding | ClusterRoleBinding

function bindingBehaviour<T extends AnyBinding>(printer: string, roleKinds: readonly string[]): KindBehaviour<T> {
  return {
    ...shared,
    printer,
    setDefaults(object) {
      if ((object.roleRef.apiGroup ?? '') === '') object.roleRef.apiGroup = rbacGroup
      for (const subject of object.subjects ?? []) {
        if ((subject.apiGroup ?? '') === '' && (subject.kind === 'User' || subject.kind === 'Group')) subject.apiGroup = rbacGroup
      }
    },
    validate: object => [...validateRoleRef(object, roleKinds), ...(object.subjects ?? []).flatMap((subject, index) => validateSubject(subject, `subjects[${index}]`, object.kind === 'RoleBinding'))],
    validateUpdate: (object, old) => (semanticallyEqual(object.roleRef, old.roleRef) ? [] : [invalid('roleRef', { APIGroup: object.roleRef.apiGroup, Kind: object.roleRef.kind, Name: object.roleRef.name }, 'cannot change roleRef')]),
    cells: ({ metadata, roleRef, subjects = [] }, now) => [
      metadata.name, `${roleRef.kind}/${roleRef.name}`, ageCell(metadata.creationTimestamp, now),
      subjects.filter(each => each.kind === 'User').map(each => each.name).join(', '),
      subjects.filter(each => each.kind === 'Group').map(each => each.name).join(', '),
      subjects.filter(each => each.kind === 'ServiceAccount').map(each => `${each.namespace ?? ''}/${each.name}`).join(', '),
    ],
  }
}

export const roleBinding = defineKind<RoleBinding>(roleBindings, bindingBehaviour('printRoleBinding', ['Role', 'ClusterRole']))
export const clusterRoleBinding = defineKind<ClusterRoleBinding>(clusterRoleBindings, bindingBehaviour('printClusterRoleBinding', ['ClusterRole']))

function validateRoleRef({ roleRef }: AnyBinding, kinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  if (roleRef.apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup, [rbacGroup]))
  if (!kinds.includes(roleRef.kind)) errors.push(notSupported('roleRef.kind', roleRef.kind, kinds))
  if (roleRef.name === '') errors.push(required('roleRef.name'))
  else errors.push(...isPathSegmentName(roleRef.name).map(text => invalid('roleRef.name', roleRef.name, text)))
  return errors
}

function validateSubject(subject: Subject, path: string, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = subject.name === '' ? [required(`${path}.name`)] : []
  switch (subject.kind) {
    case 'ServiceAccount':
      if (subject.name !== '') errors.push(...isDns1123Subdomain(subject.name).map(text => invalid(`${path}.name`, subject.name, text)))
      if ((subject.apiGroup ?? '') !== '') errors.push(notSupported(`${path}.apiGroup`, subject.apiGroup, ['']))
      if (!namespaced && (subject.namespace ?? '') === '') errors.push(required(`${path}.namespace`))
      return errors
    case 'User':
    case 'Group':
      if (subject.apiGroup !== rbacGroup) errors.push(notSupported(`${path}.apiGroup`, subject.apiGroup ?? '', [rbacGroup]))
      return errors
    default:
      return [...errors, notSupported(`${path}.kind`, subject.kind, ['ServiceAccount', 'User', 'Group'])]
  }
}
