/**
 * What the process that plays all simulated nodes may do. It is one identity for many nodes, so it cannot have a kubelet's
 * rights by the Node authorizer; it gets these and no more: no secrets, no config maps, no pods made, no node deleted.
 */
import type { AddonObject } from './addon-object.ts'

export const simulatedKubeletsUser = 'system:simulated-kubelets'

const role = { apiVersion: 'rbac.authorization.k8s.io/v1' } as const
const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: simulatedKubeletsUser }]
const bind = (kind: 'ClusterRole' | 'Role', name: string) => ({ roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name }, subjects })

export const simulatedKubeletsAccess: readonly AddonObject[] = [
  {
    ...role,
    kind: 'ClusterRole',
    metadata: { name: simulatedKubeletsUser },
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'create', 'patch'] },
      { apiGroups: [''], resources: ['nodes/status', 'pods/status'], verbs: ['patch'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'delete'] },
    ],
  },
  { ...role, kind: 'ClusterRoleBinding', metadata: { name: simulatedKubeletsUser }, ...bind('ClusterRole', simulatedKubeletsUser) },
  { ...role, kind: 'ClusterRoleBinding', metadata: { name: `${simulatedKubeletsUser}:auth-delegator` }, ...bind('ClusterRole', 'system:auth-delegator') },
  {
    ...role,
    kind: 'Role',
    metadata: { name: simulatedKubeletsUser, namespace: 'kube-node-lease' },
    rules: [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create', 'patch'] }],
  },
  { ...role, kind: 'RoleBinding', metadata: { name: simulatedKubeletsUser, namespace: 'kube-node-lease' }, ...bind('Role', simulatedKubeletsUser) },
]
