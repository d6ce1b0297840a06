/** Roles inside kube-system and kube-public. Facts from upstream bootstrappolicy/namespace_policy.go. */
import type { PolicyRule } from '../access/rbac-authorizer.ts'
import type { BindingSpec } from './cluster-roles.ts'
import { eventsRule, rule } from './rbac-rules.ts'

export interface NamespaceRole {
  readonly namespace: string
  readonly name: string
  readonly rules: readonly PolicyRule[]
}

export interface NamespaceBinding extends BindingSpec {
  readonly namespace: string
}

const system = 'kube-system'
const account = (name: string) => ({ kind: 'ServiceAccount' as const, name, namespace: system })
const user = (name: string) => ({ kind: 'User' as const, name })

export const namespaceRoles: readonly NamespaceRole[] = [
  { namespace: system, name: 'extension-apiserver-authentication-reader', rules: [rule('get list watch', '-', 'configmaps', ['extension-apiserver-authentication'])] },
  { namespace: system, name: 'system:controller:bootstrap-signer', rules: [rule('get list watch', '-', 'secrets')] },
  { namespace: system, name: 'system:controller:cloud-provider', rules: [rule('create get list watch', '-', 'configmaps')] },
  { namespace: system, name: 'system:controller:token-cleaner', rules: [rule('delete get list watch', '-', 'secrets'), eventsRule] },
  { namespace: system, name: 'system::leader-locking-kube-controller-manager', rules: [rule('create get list update watch', 'coordination.k8s.io', 'leases'), rule('create get list update watch', 'coordination.k8s.io', 'leasecandidates')] },
  { namespace: system, name: 'system::leader-locking-kube-scheduler', rules: [rule('create get list update watch', 'coordination.k8s.io', 'leases'), rule('create get list update watch', 'coordination.k8s.io', 'leasecandidates')] },
  { namespace: 'kube-public', name: 'system:controller:bootstrap-signer', rules: [rule('get list watch', '-', 'configmaps'), rule('update', '-', 'configmaps', ['cluster-info']), eventsRule] },
]

export const namespaceBindings: readonly NamespaceBinding[] = [
  { namespace: system, name: 'system:controller:bootstrap-signer', role: 'system:controller:bootstrap-signer', subjects: [account('bootstrap-signer')] },
  { namespace: system, name: 'system:controller:cloud-provider', role: 'system:controller:cloud-provider', subjects: [account('cloud-provider')] },
  { namespace: system, name: 'system:controller:token-cleaner', role: 'system:controller:token-cleaner', subjects: [account('token-cleaner')] },
  { namespace: system, name: 'system::extension-apiserver-authentication-reader', role: 'extension-apiserver-authentication-reader', subjects: [user('system:kube-controller-manager'), user('system:kube-scheduler')] },
  { namespace: system, name: 'system::leader-locking-kube-controller-manager', role: 'system::leader-locking-kube-controller-manager', subjects: [user('system:kube-controller-manager'), account('kube-controller-manager'), account('leader-election-controller')] },
  { namespace: system, name: 'system::leader-locking-kube-scheduler', role: 'system::leader-locking-kube-scheduler', subjects: [user('system:kube-scheduler'), account('kube-scheduler')] },
  { namespace: 'kube-public', name: 'system:controller:bootstrap-signer', role: 'system:controller:bootstrap-signer', subjects: [account('bootstrap-signer')] },
]
