/**
 * One cluster role for each controller of the controller manager, bound to its service account in kube-system.
 * Facts from upstream bootstrappolicy/controller_policy.go.
 */
import type { PolicyRule } from '../access/rbac-authorizer.ts'
import { eventsRule, rule } from './rbac-rules.ts'

const read = 'get list watch'

export const controllerRules: Readonly<Record<string, readonly PolicyRule[]>> = {
  'attachdetach-controller': [
    rule('list watch', '-', 'persistentvolumeclaims persistentvolumes'), rule(read, '-', 'nodes'), rule('patch update', '-', 'nodes/status'), rule('list watch', '-', 'pods'), eventsRule,
    rule('create delete get list watch', 'storage.k8s.io', 'volumeattachments'), rule(read, 'storage.k8s.io', 'csidrivers'), rule(read, 'storage.k8s.io', 'csinodes'),
  ],
  'clusterrole-aggregation-controller': [rule('escalate get list patch update watch', 'rbac.authorization.k8s.io', 'clusterroles')],
  'cronjob-controller': [rule('get list update watch', 'batch', 'cronjobs'), rule('create delete get list patch update watch', 'batch', 'jobs'), rule('update', 'batch', 'cronjobs/status'), rule('update', 'batch', 'cronjobs/finalizers'), rule('delete list watch', '-', 'pods'), eventsRule],
  'daemon-set-controller': [
    rule(read, 'extensions,apps', 'daemonsets'), rule('update', 'extensions,apps', 'daemonsets/status'), rule('update', 'extensions,apps', 'daemonsets/finalizers'), rule('list watch', '-', 'nodes'),
    rule('create delete list patch watch', '-', 'pods'), rule('create', '-', 'pods/binding'), rule('create delete get list patch update watch', 'apps', 'controllerrevisions'), eventsRule,
  ],
  'deployment-controller': [
    rule('get list update watch', 'extensions,apps', 'deployments'), rule('update', 'extensions,apps', 'deployments/status'), rule('update', 'extensions,apps', 'deployments/finalizers'),
    rule('create delete get list patch update watch', 'apps,extensions', 'replicasets'), rule('get list update watch', '-', 'pods'), eventsRule,
  ],
  'disruption-controller': [
    rule(read, 'extensions,apps', 'deployments'), rule(read, 'apps,extensions', 'replicasets'), rule(read, '-', 'replicationcontrollers'), rule(read, 'policy', 'poddisruptionbudgets'), rule(read, 'apps', 'statefulsets'),
    rule('update', 'policy', 'poddisruptionbudgets/status'), rule('patch update', '-', 'pods/status'), rule('get', '*', '*/scale'), eventsRule,
  ],
  'endpoint-controller': [rule(read, '-', 'pods services'), rule('create delete get list update watch', '-', 'endpoints'), rule('create', '-', 'endpoints/restricted'), eventsRule],
  'endpointslice-controller': [rule(read, '-', 'nodes pods services'), rule('update', '-', 'services/finalizers'), rule('create delete get list update watch', 'discovery.k8s.io', 'endpointslices'), eventsRule],
  'endpointslicemirroring-controller': [rule(read, '-', 'endpoints services'), rule('update', '-', 'services/finalizers'), rule('update', '-', 'endpoints/finalizers'), rule('create delete get list update watch', 'discovery.k8s.io', 'endpointslices'), eventsRule],
  'expand-controller': [rule('get list patch update watch', '-', 'persistentvolumes'), rule('patch update', '-', 'persistentvolumeclaims/status'), rule(read, '-', 'persistentvolumeclaims'), eventsRule],
  'ephemeral-volume-controller': [rule(read, '-', 'pods'), rule('update', '-', 'pods/finalizers'), rule('create get list watch', '-', 'persistentvolumeclaims'), eventsRule],
  'resource-claim-controller': [
    rule(read, '-', 'pods'), rule('update', '-', 'pods/finalizers'), rule('create delete get list watch', 'resource.k8s.io', 'resourceclaims'),
    rule('patch update', 'resource.k8s.io', 'resourceclaims resourceclaims/status'), rule('patch update', '-', 'pods/status'), eventsRule, rule('patch update', 'resource.k8s.io', 'resourceclaims/binding'),
  ],
  'device-taint-eviction-controller': [
    rule('delete get list watch', '-', 'pods'), rule('patch update', '-', 'pods/status'), rule(read, 'resource.k8s.io', 'resourceclaims'), rule(read, 'resource.k8s.io', 'resourceslices'), rule(read, 'resource.k8s.io', 'deviceclasses'), eventsRule,
  ],
  'generic-garbage-collector': [rule('delete get list patch update watch', '*', '*'), eventsRule],
  'horizontal-pod-autoscaler': [
    rule(read, 'autoscaling', 'horizontalpodautoscalers'), rule('update', 'autoscaling', 'horizontalpodautoscalers/status'), rule('get update', '*', '*/scale'), rule('list watch', '-', 'pods'),
    rule('list watch', 'metrics.k8s.io', 'pods'), rule(read, 'custom.metrics.k8s.io', '*'), rule(read, 'external.metrics.k8s.io', '*'), eventsRule,
  ],
  'job-controller': [rule('get list patch update watch', 'batch', 'jobs'), rule('update', 'batch', 'jobs/status'), rule('update', 'batch', 'jobs/finalizers'), rule('create delete list patch watch', '-', 'pods'), eventsRule],
  'namespace-controller': [rule('delete get list watch', '-', 'namespaces'), rule('update', '-', 'namespaces/finalize namespaces/status'), rule('delete deletecollection get list watch', '*', '*')],
  'node-controller': [rule('delete get list patch update watch', '-', 'nodes'), rule('patch update', '-', 'nodes/status'), rule('patch update', '-', 'pods/status'), rule('delete list get watch', '-', 'pods'), eventsRule],
  'persistent-volume-binder': [
    rule('create delete get list update watch', '-', 'persistentvolumes'), rule('update', '-', 'persistentvolumes/status'), rule('get list update watch', '-', 'persistentvolumeclaims'), rule('update', '-', 'persistentvolumeclaims/status'),
    rule('create delete get list watch', '-', 'pods'), rule(read, 'storage.k8s.io', 'storageclasses'), rule('list watch', '-', 'nodes'), eventsRule, rule('watch', '-', 'events'),
  ],
  'pod-garbage-collector': [rule('delete list watch', '-', 'pods'), rule(read, '-', 'nodes'), rule('patch', '-', 'pods/status')],
  'replicaset-controller': [rule('get list update watch', 'apps,extensions', 'replicasets'), rule('update', 'apps,extensions', 'replicasets/status'), rule('update', 'apps,extensions', 'replicasets/finalizers'), rule('create delete list patch watch', '-', 'pods'), eventsRule],
  'replication-controller': [rule('get list update watch', '-', 'replicationcontrollers'), rule('update', '-', 'replicationcontrollers/status'), rule('update', '-', 'replicationcontrollers/finalizers'), rule('create delete list patch watch', '-', 'pods'), eventsRule],
  'resourcequota-controller': [rule('list watch', '*', '*'), rule('update', '-', 'resourcequotas/status'), eventsRule],
  'route-controller': [rule('list watch', '-', 'nodes'), rule('patch', '-', 'nodes/status'), eventsRule],
  'service-account-controller': [rule('create', '-', 'serviceaccounts'), eventsRule],
  'service-controller': [rule(read, '-', 'services'), rule('patch update', '-', 'services/status'), rule('list watch', '-', 'nodes'), eventsRule],
  'statefulset-controller': [
    rule('list watch', '-', 'pods'), rule(read, 'apps', 'statefulsets'), rule('update', 'apps', 'statefulsets/status'), rule('update', 'apps', 'statefulsets/finalizers'), rule('get create delete update patch', '-', 'pods'),
    rule('create delete get list patch update watch', 'apps', 'controllerrevisions'), rule('create get list watch', '-', 'persistentvolumeclaims'), rule('delete update', '-', 'persistentvolumeclaims'), rule('update', '-', 'pods/finalizers'), eventsRule,
  ],
  'ttl-controller': [rule('update patch list watch', '-', 'nodes'), eventsRule],
  'certificate-controller': [
    rule('delete get list watch', 'certificates.k8s.io', 'certificatesigningrequests'), rule('update', 'certificates.k8s.io', 'certificatesigningrequests/status certificatesigningrequests/approval'),
    rule('approve', 'certificates.k8s.io', 'signers', ['kubernetes.io/kube-apiserver-client-kubelet']),
    rule('sign', 'certificates.k8s.io', 'signers', ['kubernetes.io/kube-apiserver-client', 'kubernetes.io/kube-apiserver-client-kubelet', 'kubernetes.io/kubelet-serving', 'kubernetes.io/legacy-unknown']),
    rule('create', 'authorization.k8s.io', 'subjectaccessreviews'), eventsRule,
  ],
  'pvc-protection-controller': [rule('get list update watch', '-', 'persistentvolumeclaims'), rule('update', '-', 'persistentvolumeclaims/status'), rule(read, '-', 'pods'), eventsRule],
  'pv-protection-controller': [rule('get list update watch', '-', 'persistentvolumes'), eventsRule],
  'ttl-after-finished-controller': [rule('delete get list watch', 'batch', 'jobs'), eventsRule],
  'root-ca-cert-publisher': [rule('create update', '-', 'configmaps'), eventsRule],
  'validatingadmissionpolicy-status-controller': [rule(read, 'admissionregistration.k8s.io', 'validatingadmissionpolicies'), rule('get patch update', 'admissionregistration.k8s.io', 'validatingadmissionpolicies/status'), eventsRule],
  'service-cidrs-controller': [rule('get list patch update watch', 'networking.k8s.io', 'servicecidrs'), rule('patch update', 'networking.k8s.io', 'servicecidrs/finalizers'), rule('patch update', 'networking.k8s.io', 'servicecidrs/status'), rule(read, 'networking.k8s.io', 'ipaddresses'), eventsRule],
  'legacy-service-account-token-cleaner': [rule('get', '-', 'configmaps', ['kube-apiserver-legacy-service-account-token-tracking']), rule('delete patch', '-', 'secrets')],
  'selinux-warning-controller': [eventsRule, rule(read, '-', 'persistentvolumes'), rule(read, '-', 'persistentvolumeclaims'), rule(read, '-', 'pods'), rule(read, 'storage.k8s.io', 'csidrivers')],
  'volumeattributesclass-protection-controller': [rule(read, '-', 'persistentvolumeclaims'), rule(read, '-', 'persistentvolumes'), rule('get list update watch', 'storage.k8s.io', 'volumeattributesclasses'), eventsRule],
}
