/**
 * The cluster roles that every cluster has. Facts from upstream plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go.
 */
import type { PolicyRule } from '../access/rbac-authorizer.ts'
import { eventsRule, pathRule, rule } from './rbac-rules.ts'

export interface RoleSpec {
  readonly name: string
  readonly rules: readonly PolicyRule[]
  readonly labels?: Readonly<Record<string, string>>
  /** Labels whose roles are gathered into this one. */
  readonly aggregates?: readonly string[]
}

const aggregate = (to: string) => ({ [`rbac.authorization.k8s.io/aggregate-to-${to}`]: 'true' })
const read = 'get list watch'
const write = 'create delete deletecollection patch update'

const workloadReads = 'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status'
const workloadWrites = 'daemonsets deployments deployments/rollback deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale'

const viewRules: readonly PolicyRule[] = [
  rule(read, '-', 'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status'),
  rule(read, '-', 'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status'),
  rule(read, '-', 'namespaces'),
  rule(read, '-,events.k8s.io', 'events'),
  rule(read, 'discovery.k8s.io', 'endpointslices'),
  rule(read, 'apps', workloadReads),
  rule(read, 'autoscaling', 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  rule(read, 'batch', 'cronjobs cronjobs/status jobs jobs/status'),
  rule(read, 'extensions', 'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale'),
  rule(read, 'policy', 'poddisruptionbudgets poddisruptionbudgets/status'),
  rule(read, 'networking.k8s.io', 'ingresses ingresses/status networkpolicies'),
  rule(read, 'resource.k8s.io', 'resourceclaims resourceclaims/status resourceclaimtemplates'),
]

const editRules: readonly PolicyRule[] = [
  rule(read, '-', 'pods/attach pods/exec pods/portforward pods/proxy secrets services/proxy'),
  rule('impersonate', '-', 'serviceaccounts'),
  rule(write, '-', 'pods pods/attach pods/exec pods/portforward pods/proxy'),
  rule('create', '-', 'pods/eviction'),
  rule(write, '-', 'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy'),
  rule('create', '-', 'serviceaccounts/token'),
  rule(write, '-,events.k8s.io', 'events'),
  rule(write, 'apps', workloadWrites),
  rule(write, 'autoscaling', 'horizontalpodautoscalers'),
  rule(write, 'batch', 'cronjobs jobs'),
  rule(write, 'extensions', 'daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies replicasets replicasets/scale replicationcontrollers/scale'),
  rule(write, 'policy', 'poddisruptionbudgets'),
  rule(write, 'networking.k8s.io', 'ingresses networkpolicies'),
  rule(`${write} ${read}`, 'coordination.k8s.io', 'leases'),
  rule(write, 'resource.k8s.io', 'resourceclaims resourceclaimtemplates'),
]

const nodeRules: readonly PolicyRule[] = [
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews subjectaccessreviews'),
  rule(read, '-', 'services'),
  rule('create get list watch', '-', 'nodes'),
  rule('patch update', '-', 'nodes/status'),
  rule('patch update', '-', 'nodes'),
  rule('create patch update', '-,events.k8s.io', 'events'),
  rule(read, '-', 'pods'),
  rule('create delete', '-', 'pods'),
  rule('patch update', '-', 'pods/status'),
  rule('create', '-', 'pods/eviction'),
  rule(read, '-', 'configmaps secrets'),
  rule('get', '-', 'persistentvolumeclaims persistentvolumes'),
  rule('get', '-', 'endpoints'),
  rule('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests'),
  rule('create delete get patch update', 'coordination.k8s.io', 'leases'),
  rule('get', 'storage.k8s.io', 'volumeattachments'),
  rule('create', '-', 'serviceaccounts/token'),
  rule('get patch update', '-', 'persistentvolumeclaims/status'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule('create delete get patch update', 'storage.k8s.io', 'csinodes'),
  rule(read, 'node.k8s.io', 'runtimeclasses'),
  rule('get', 'resource.k8s.io', 'resourceclaims'),
  rule('deletecollection', 'resource.k8s.io', 'resourceslices'),
  rule('get', '-', 'serviceaccounts'),
]

const schedulerRules: readonly PolicyRule[] = [
  rule('create patch update', '-,events.k8s.io', 'events'),
  rule('create', 'coordination.k8s.io', 'leases'),
  rule('get list update watch', 'coordination.k8s.io', 'leases', ['kube-scheduler']),
  rule('create delete deletecollection get list patch update watch', 'coordination.k8s.io', 'leasecandidates'),
  rule(read, '-', 'nodes'),
  rule('delete get list watch', '-', 'pods'),
  rule('create', '-', 'bindings pods/binding'),
  rule('patch update', '-', 'pods/status'),
  rule(read, '-', 'replicationcontrollers services'),
  rule(read, 'apps,extensions', 'replicasets'),
  rule(read, 'apps', 'statefulsets'),
  rule(read, 'policy', 'poddisruptionbudgets'),
  rule(read, '-', 'persistentvolumeclaims persistentvolumes'),
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  rule(read, 'storage.k8s.io', 'csinodes'),
  rule(read, 'storage.k8s.io', 'volumeattachments'),
  rule(read, '-', 'namespaces'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule(read, 'storage.k8s.io', 'csistoragecapacities'),
  rule(read, 'resource.k8s.io', 'deviceclasses'),
  rule('get list patch update watch', 'resource.k8s.io', 'resourceclaims'),
  rule('get list patch update watch', 'resource.k8s.io', 'resourceclaims/status'),
  rule('update', '-', 'pods/finalizers'),
  rule(read, 'resource.k8s.io', 'resourceslices'),
  rule('create delete', 'resource.k8s.io', 'resourceclaims'),
  rule('patch update', 'resource.k8s.io', 'resourceclaims/binding'),
]

const controllerManagerRules: readonly PolicyRule[] = [
  eventsRule,
  rule('create', 'coordination.k8s.io', 'leases'),
  rule('get update', 'coordination.k8s.io', 'leases', ['kube-controller-manager']),
  rule('create', '-', 'secrets serviceaccounts'),
  rule('delete', '-', 'secrets'),
  rule('get', '-', 'configmaps namespaces secrets serviceaccounts'),
  rule('update', '-', 'secrets serviceaccounts'),
  rule('create', 'authentication.k8s.io', 'tokenreviews'),
  rule('create', 'authorization.k8s.io', 'subjectaccessreviews'),
  rule('list watch', '*', '*'),
  rule('create', '-', 'serviceaccounts/token'),
]

export const clusterRoles: readonly RoleSpec[] = [
  { name: 'cluster-admin', rules: [rule('*', '*', '*'), pathRule('*', '*')] },
  { name: 'system:discovery', rules: [pathRule('get', '/api', '/api/*', '/apis', '/apis/*', '/healthz', '/livez', '/openapi', '/openapi/*', '/readyz', '/version', '/version/')] },
  { name: 'system:public-info-viewer', rules: [pathRule('get', '/healthz', '/livez', '/readyz', '/version', '/version/')] },
  { name: 'system:monitoring', rules: [pathRule('get', '/flagz', '/healthz', '/healthz/*', '/livez', '/livez/*', '/metrics', '/metrics/slis', '/readyz', '/readyz/*', '/statusz'), rule('get', '-', 'nodes/metrics')] },
  { name: 'system:basic-user', rules: [rule('create', 'authorization.k8s.io', 'selfsubjectaccessreviews selfsubjectrulesreviews'), rule('create', 'authentication.k8s.io', 'selfsubjectreviews')] },
  { name: 'admin', rules: [], aggregates: ['admin'] },
  { name: 'edit', rules: [], aggregates: ['edit'], labels: aggregate('admin') },
  { name: 'view', rules: [], aggregates: ['view'], labels: aggregate('edit') },
  {
    name: 'system:aggregate-to-admin',
    labels: aggregate('admin'),
    rules: [rule('create', 'authorization.k8s.io', 'localsubjectaccessreviews'), rule(`${write} ${read}`, 'rbac.authorization.k8s.io', 'rolebindings roles')],
  },
  { name: 'system:aggregate-to-edit', labels: aggregate('edit'), rules: editRules },
  { name: 'system:aggregate-to-view', labels: aggregate('view'), rules: viewRules },
  { name: 'system:heapster', rules: [rule(read, '-', 'events namespaces nodes pods'), rule(read, 'extensions', 'deployments')] },
  { name: 'system:node', rules: nodeRules },
  { name: 'system:node-problem-detector', rules: [rule('get', '-', 'nodes'), rule('patch', '-', 'nodes/status'), eventsRule] },
  { name: 'system:kubelet-api-admin', rules: [rule('get list watch', '-', 'nodes'), rule('proxy', '-', 'nodes'), rule('*', '-', 'nodes/log nodes/metrics nodes/proxy nodes/stats'), rule('*', '-', 'nodes/configz nodes/healthz nodes/pods')] },
  { name: 'system:node-bootstrapper', rules: [rule('create get list watch', 'certificates.k8s.io', 'certificatesigningrequests')] },
  { name: 'system:auth-delegator', rules: [rule('create', 'authentication.k8s.io', 'tokenreviews'), rule('create', 'authorization.k8s.io', 'subjectaccessreviews')] },
  { name: 'system:kube-aggregator', rules: [rule(read, '-', 'endpoints services')] },
  { name: 'system:kube-controller-manager', rules: controllerManagerRules },
  { name: 'system:kube-dns', rules: [rule('list watch', '-', 'endpoints services')] },
  { name: 'system:persistent-volume-provisioner', rules: [rule('create delete get list watch', '-', 'persistentvolumes'), rule('get list update watch', '-', 'persistentvolumeclaims'), rule(read, 'storage.k8s.io', 'storageclasses'), rule('watch', '-', 'events'), eventsRule] },
  { name: 'system:certificates.k8s.io:certificatesigningrequests:nodeclient', rules: [rule('create', 'certificates.k8s.io', 'certificatesigningrequests/nodeclient')] },
  { name: 'system:certificates.k8s.io:certificatesigningrequests:selfnodeclient', rules: [rule('create', 'certificates.k8s.io', 'certificatesigningrequests/selfnodeclient')] },
  { name: 'system:volume-scheduler', rules: [rule('get list patch update watch', '-', 'persistentvolumes'), rule(read, 'storage.k8s.io', 'storageclasses'), rule('get list patch update watch', '-', 'persistentvolumeclaims')] },
  { name: 'system:certificates.k8s.io:legacy-unknown-approver', rules: [rule('approve', 'certificates.k8s.io', 'signers', ['kubernetes.io/legacy-unknown'])] },
  { name: 'system:certificates.k8s.io:kubelet-serving-approver', rules: [rule('approve', 'certificates.k8s.io', 'signers', ['kubernetes.io/kubelet-serving'])] },
  { name: 'system:certificates.k8s.io:kube-apiserver-client-approver', rules: [rule('approve', 'certificates.k8s.io', 'signers', ['kubernetes.io/kube-apiserver-client'])] },
  { name: 'system:certificates.k8s.io:kube-apiserver-client-kubelet-approver', rules: [rule('approve', 'certificates.k8s.io', 'signers', ['kubernetes.io/kube-apiserver-client-kubelet'])] },
  { name: 'system:service-account-issuer-discovery', rules: [pathRule('get', '/.well-known/openid-configuration', '/.well-known/openid-configuration/', '/openid/v1/jwks', '/openid/v1/jwks/')] },
  { name: 'system:node-proxier', rules: [rule('list watch', '-', 'services endpoints'), rule('get list watch', '-', 'nodes'), eventsRule, rule('list watch', 'networking.k8s.io', 'servicecidrs'), rule('list watch', 'discovery.k8s.io', 'endpointslices')] },
  { name: 'system:kube-scheduler', rules: schedulerRules },
]

export interface BindingSpec {
  readonly name: string
  readonly role: string
  readonly subjects: readonly { readonly kind: 'User' | 'Group' | 'ServiceAccount'; readonly name: string; readonly namespace?: string }[]
}

const user = (name: string) => ({ kind: 'User' as const, name })
const group = (name: string) => ({ kind: 'Group' as const, name })

export const clusterRoleBindings: readonly BindingSpec[] = [
  { name: 'cluster-admin', role: 'cluster-admin', subjects: [group('system:masters')] },
  { name: 'system:monitoring', role: 'system:monitoring', subjects: [group('system:monitoring')] },
  { name: 'system:discovery', role: 'system:discovery', subjects: [group('system:authenticated')] },
  { name: 'system:public-info-viewer', role: 'system:public-info-viewer', subjects: [group('system:authenticated'), group('system:unauthenticated')] },
  { name: 'system:basic-user', role: 'system:basic-user', subjects: [group('system:authenticated')] },
  { name: 'system:node-proxier', role: 'system:node-proxier', subjects: [user('system:kube-proxy')] },
  { name: 'system:kube-controller-manager', role: 'system:kube-controller-manager', subjects: [user('system:kube-controller-manager')] },
  { name: 'system:kube-dns', role: 'system:kube-dns', subjects: [{ kind: 'ServiceAccount', name: 'kube-dns', namespace: 'kube-system' }] },
  { name: 'system:kube-scheduler', role: 'system:kube-scheduler', subjects: [user('system:kube-scheduler')] },
  { name: 'system:volume-scheduler', role: 'system:volume-scheduler', subjects: [user('system:kube-scheduler')] },
  { name: 'system:node', role: 'system:node', subjects: [] },
  { name: 'system:service-account-issuer-discovery', role: 'system:service-account-issuer-discovery', subjects: [group('system:serviceaccounts')] },
]
