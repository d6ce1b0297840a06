import type { SupportRow } from '../../base/support-row.ts'
import { absent, partial, same } from '../../base/support-row.ts'

const area = 'Controllers of kube-controller-manager'
const gated = (api: string): string => `off by default in upstream too: ${api}`

/** By upstream's name: why a controller is refused. */
export const notBuiltReasons: Readonly<Record<string, string>> = {
  'kube-apiserver-serving-clustertrustbundle-publisher-controller': gated('ClusterTrustBundle is a beta kind that is not served'),
  'podcertificaterequest-cleaner-controller': gated('PodCertificateRequest is a beta kind that is not served'),
  'podgroup-protection-controller': gated('PodGroup is an alpha kind that is not served'),
  'resourcepoolstatusrequest-controller': gated('ResourcePoolStatusRequest is an alpha kind that is not served'),
  'selinux-warning-controller': gated('it has to be switched on by name'),
  'storage-version-migrator-controller': gated('storagemigration.k8s.io is a beta group that is not served'),
  'storageversion-garbage-collector-controller': gated('internal.apiserver.k8s.io is an alpha group that is not served'),
}

export const support: readonly SupportRow[] = [
  ...same(area,
    'resourcequota-controller: every quota name, count/ of any served resource, scopes and selectors, 5 min resync',
    'horizontal-pod-autoscaler-controller: all five metric sources, behavior with tolerance, any kind with a scale subresource, scale to zero',
    'persistentvolume-expander-controller, volumeattributesclass-protection-controller, ttl-controller, resourceclaim-controller, legacy-serviceaccount-token-cleaner-controller',
    'device-taint-eviction-controller: taints in slices; DeviceTaintRule is a beta kind that is off by default and not served',
    'bootstrap-signer-controller and token-cleaner-controller (off unless named, as upstream)',
    'names of controllers and their older ones; service-lb-controller, node-route-controller and cloud-node-lifecycle-controller are accepted and do nothing, as upstream',
    'StaleControllerConsistency of DaemonSets, Jobs, ReplicaSets and StatefulSets: nothing is planned before the cache has seen the controller\u2019s own writes',
    'DeploymentReplicaSetTerminatingReplicas, MutablePodResourcesForSuspendedJobs, MutableSchedulingDirectivesForSuspendedJobs, HPAConfigurableTolerance, PodDeletionCost'),
  absent(area, 'maxUnavailable of StatefulSets', 'the gate MaxUnavailableStatefulSet is off by default in upstream too: the field is dropped'),
  partial(area, 'certificatesigningrequest-cleaner-controller', 'a request whose certificate has expired goes an hour after its approval, not before'),
  partial(area, 'endpoints-controller, endpointslice-controller', 'the annotation endpoints.kubernetes.io/last-change-trigger-time is not written'),
  partial(area, 'names of ReplicaSets and of revisions of DaemonSets', 'the hash in them is not the number that upstream computes, as it hashes its internal form; sets and revisions that upstream made are found by their templates and kept'),
  partial(area, 'persistentvolume-attach-detach-controller', 'CSI volumes of claims only; in-tree drivers are not translated to CSI'),
  partial(area, 'persistentvolume-binder-controller', 'there are no recyclers: a released volume with policy Recycle is Failed; a released host path below /tmp with policy Delete loses its object, and its folder stays on the node'),
  ...Object.entries(notBuiltReasons).map(([name, reason]) => absent(area, name, reason)),
]
