/** A role is bound to nobody any more. */
import { fieldFault } from './field-fault.ts'

export const roleBindingEmpty = fieldFault({
  kind: {
    name: 'role-binding-empty', title: 'A role without subjects (RBAC)', group: 'identity', resource: 'rolebindings', parameters: [],
    effect: 'The RoleBinding binds its role to nobody.',
    evidence: 'Who had the right by it gets "forbidden"; kubectl auth can-i says no.',
  },
  field: 'the subjects',
  path: ({ namespace, name }) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/rolebindings/${encodeURIComponent(name)}`,
  read: (binding: { readonly subjects?: readonly unknown[] }) => binding.subjects ?? [],
  patch: subjects => ({ subjects }),
  wrong: () => [],
})
