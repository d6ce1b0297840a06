/** Every controller there is, by its upstream name, with the service account it acts as. */
import type { ControllerEntry, ControllerTable } from '../../runtime/controllers/controller-entry.ts'
import type { ControllerConfig } from './controller-config.ts'
import { createGarbageCollector } from './controllers/garbage-collector/garbage-collector.ts'
import { createNamespaceController } from './controllers/namespace/namespace-controller.ts'
import { createNodeIpamController } from './controllers/node-ipam/node-ipam-controller.ts'
import { createNodeLifecycleController } from './controllers/node-lifecycle/node-lifecycle-controller.ts'
import { createPodGcController } from './controllers/pod-gc/pod-gc-controller.ts'
import { createRootCaController } from './controllers/root-ca/root-ca-controller.ts'
import { serviceAccountController } from './controllers/service-account/service-account-controller.ts'
import { taintEvictionController } from './controllers/taint-eviction/taint-eviction-controller.ts'
import { clusterRoleAggregationController } from './controllers/cluster-role-aggregation/cluster-role-aggregation-controller.ts'
import { cronJobController } from './controllers/cron-job/cron-job-controller.ts'
import { createDisruptionController } from './controllers/disruption/disruption-controller.ts'
import { endpointSliceMirroringController } from './controllers/endpoint-slice-mirroring/endpoint-slice-mirroring-controller.ts'
import { createResourceQuotaController } from './controllers/resource-quota/resource-quota-controller.ts'
import { statefulSetController } from './controllers/stateful-set/stateful-set-controller.ts'
import { ttlAfterFinishedController } from './controllers/ttl-after-finished/ttl-after-finished-controller.ts'
import { certificateCleanerController, createApprovingController, createSigningController } from './controllers/certificates/certificate-controllers.ts'
import { claimProtectionController } from './controllers/claim-protection/claim-protection-controller.ts'
import { ephemeralVolumeController } from './controllers/ephemeral-volume/ephemeral-volume-controller.ts'
import { createServiceAccountTokenController } from './controllers/service-account-token/service-account-token-controller.ts'
import { serviceCidrController } from './controllers/service-cidr/service-cidr-controller.ts'
import { claimBinderController, volumeBinderController } from './controllers/volume-binder/volume-binder-controller.ts'
import { volumeProtectionController } from './controllers/volume-protection/volume-protection-controller.ts'
import { createDaemonSetController } from './controllers/daemon-set/daemon-set-controller.ts'
import { createAutoscalerController } from './controllers/horizontal-pod-autoscaler/autoscaler-controller.ts'
import { createAttachDetachControllers } from './controllers/attach-detach/attach-detach-controller.ts'
import { deviceTaintEvictionController } from './controllers/device-taint-eviction/device-taint-eviction-controller.ts'
import { bootstrapSignerController } from './controllers/bootstrap-tokens/bootstrap-signer-controller.ts'
import { tokenCleanerController } from './controllers/bootstrap-tokens/token-cleaner-controller.ts'
import { createLegacyTokenCleanerController } from './controllers/legacy-token-cleaner/legacy-token-cleaner-controller.ts'
import { claimReservationsController, podClaimsController } from './controllers/resource-claim/resource-claim-controller.ts'
import { createTtlController } from './controllers/ttl/ttl-controller.ts'
import { volumeAttributesClassProtectionController } from './controllers/volume-attributes-class-protection/volume-attributes-class-protection-controller.ts'
import { volumeExpandController } from './controllers/volume-expand/volume-expand-controller.ts'
import { notBuiltReasons } from './support.ts'
import { jobController } from './controllers/job/job-controller.ts'
import { deploymentController } from './controllers/deployment/deployment-controller.ts'
import { endpointSliceController } from './controllers/endpoint-slice/endpoint-slice-controller.ts'
import { endpointsController } from './controllers/endpoints/endpoints-controller.ts'
import { validatingAdmissionPolicyStatusController } from './controllers/validating-admission-policy-status/validating-admission-policy-status-controller.ts'
import { replicaSetController, replicationControllerController } from './controllers/replica-set/replica-set-controller.ts'

export const controllerEntries: readonly ControllerEntry<ControllerConfig>[] = [
  { name: 'deployment-controller', alias: 'deployment', serviceAccount: 'deployment-controller', create: () => deploymentController },
  { name: 'replicaset-controller', alias: 'replicaset', serviceAccount: 'replicaset-controller', create: () => replicaSetController },
  { name: 'replicationcontroller-controller', alias: 'replicationcontroller', serviceAccount: 'replication-controller', eventSource: 'replication-controller', create: () => replicationControllerController },
  { name: 'endpoints-controller', alias: 'endpoint', serviceAccount: 'endpoint-controller', eventSource: 'endpoint-controller', create: () => endpointsController },
  { name: 'endpointslice-controller', alias: 'endpointslice', serviceAccount: 'endpointslice-controller', eventSource: 'endpoint-slice-controller', create: () => endpointSliceController },
  { name: 'node-lifecycle-controller', alias: 'nodelifecycle', serviceAccount: 'node-controller', eventSource: 'node-controller', create: createNodeLifecycleController },
  { name: 'taint-eviction-controller', serviceAccount: 'node-controller', create: () => taintEvictionController },
  { name: 'node-ipam-controller', alias: 'nodeipam', serviceAccount: 'node-controller', eventSource: 'cidrAllocator', create: createNodeIpamController },
  { name: 'pod-garbage-collector-controller', alias: 'podgc', serviceAccount: 'pod-garbage-collector', create: createPodGcController },
  { name: 'garbage-collector-controller', alias: 'garbagecollector', serviceAccount: 'generic-garbage-collector', create: config => createGarbageCollector(config.concurrentGcSyncs) },
  { name: 'namespace-controller', alias: 'namespace', serviceAccount: 'namespace-controller', create: createNamespaceController },
  { name: 'serviceaccount-controller', alias: 'serviceaccount', serviceAccount: 'service-account-controller', create: () => serviceAccountController },
  { name: 'root-ca-certificate-publisher-controller', alias: 'root-ca-cert-publisher', serviceAccount: 'root-ca-cert-publisher', create: createRootCaController },
  { name: 'daemonset-controller', alias: 'daemonset', serviceAccount: 'daemon-set-controller', create: createDaemonSetController },
  { name: 'job-controller', alias: 'job', serviceAccount: 'job-controller', create: () => jobController },
  { name: 'cronjob-controller', alias: 'cronjob', serviceAccount: 'cronjob-controller', create: () => cronJobController },
  { name: 'horizontal-pod-autoscaler-controller', alias: 'horizontalpodautoscaling', serviceAccount: 'horizontal-pod-autoscaler', eventSource: 'horizontal-pod-autoscaler', create: createAutoscalerController },
  { name: 'statefulset-controller', alias: 'statefulset', serviceAccount: 'statefulset-controller', create: () => statefulSetController },
  { name: 'ttl-after-finished-controller', alias: 'ttl-after-finished', serviceAccount: 'ttl-after-finished-controller', create: () => ttlAfterFinishedController },
  { name: 'disruption-controller', alias: 'disruption', serviceAccount: 'disruption-controller', eventSource: 'controllermanager', create: createDisruptionController },
  { name: 'clusterrole-aggregation-controller', alias: 'clusterrole-aggregation', serviceAccount: 'clusterrole-aggregation-controller', create: () => clusterRoleAggregationController },
  { name: 'endpointslice-mirroring-controller', alias: 'endpointslicemirroring', serviceAccount: 'endpointslicemirroring-controller', eventSource: 'endpoint-slice-mirroring-controller', create: () => endpointSliceMirroringController },
  { name: 'serviceaccount-token-controller', alias: 'serviceaccount-token', serviceAccount: undefined, create: createServiceAccountTokenController },
  { name: 'persistentvolume-binder-controller', alias: 'persistentvolume-binder', serviceAccount: 'persistent-volume-binder', eventSource: 'persistentvolume-controller', create: () => [claimBinderController, volumeBinderController] },
  { name: 'persistentvolumeclaim-protection-controller', alias: 'pvc-protection', serviceAccount: 'pvc-protection-controller', create: () => claimProtectionController },
  { name: 'persistentvolume-protection-controller', alias: 'pv-protection', serviceAccount: 'pv-protection-controller', create: () => volumeProtectionController },
  { name: 'ephemeral-volume-controller', alias: 'ephemeral-volume', serviceAccount: 'ephemeral-volume-controller', eventSource: 'ephemeral_volume', create: () => ephemeralVolumeController },
  { name: 'resourcequota-controller', alias: 'resourcequota', serviceAccount: 'resourcequota-controller', create: createResourceQuotaController },
  { name: 'persistentvolume-attach-detach-controller', alias: 'attachdetach', serviceAccount: 'attachdetach-controller', eventSource: 'attachdetach-controller', create: createAttachDetachControllers },
  { name: 'persistentvolume-expander-controller', alias: 'persistentvolume-expander', serviceAccount: 'expand-controller', eventSource: 'volume_expand', create: () => volumeExpandController },
  { name: 'volumeattributesclass-protection-controller', serviceAccount: 'volumeattributesclass-protection-controller', create: () => volumeAttributesClassProtectionController },
  { name: 'ttl-controller', alias: 'ttl', serviceAccount: 'ttl-controller', create: createTtlController },
  { name: 'resourceclaim-controller', alias: 'resource-claim-controller', serviceAccount: 'resource-claim-controller', eventSource: 'resource_claim', create: () => [podClaimsController, claimReservationsController] },
  { name: 'device-taint-eviction-controller', serviceAccount: 'device-taint-eviction-controller', create: () => deviceTaintEvictionController },
  { name: 'legacy-serviceaccount-token-cleaner-controller', alias: 'legacy-service-account-token-cleaner', serviceAccount: 'legacy-service-account-token-cleaner', create: createLegacyTokenCleanerController },
  { name: 'bootstrap-signer-controller', alias: 'bootstrapsigner', serviceAccount: 'bootstrap-signer', isOffByDefault: true, create: () => bootstrapSignerController },
  { name: 'token-cleaner-controller', alias: 'tokencleaner', serviceAccount: 'token-cleaner', isOffByDefault: true, create: () => tokenCleanerController },
  { name: 'service-cidr-controller', serviceAccount: 'service-cidrs-controller', create: () => serviceCidrController },
  { name: 'certificatesigningrequest-approving-controller', alias: 'csrapproving', serviceAccount: 'certificate-controller', create: ({ certificateAuthority }) => (certificateAuthority === undefined ? undefined : createApprovingController(certificateAuthority)) },
  { name: 'certificatesigningrequest-signing-controller', alias: 'csrsigning', serviceAccount: 'certificate-controller', create: ({ certificateAuthority }) => (certificateAuthority === undefined ? undefined : createSigningController(certificateAuthority)) },
  { name: 'certificatesigningrequest-cleaner-controller', alias: 'csrcleaner', serviceAccount: 'certificate-controller', create: () => certificateCleanerController },
  { name: 'validatingadmissionpolicy-status-controller', serviceAccount: 'validatingadmissionpolicy-status-controller', create: () => validatingAdmissionPolicyStatusController },
]

/** Upstream's, not built here: their APIs are off by default and not served, or they themselves are. The reasons are in support.ts. */
const notBuilt = new Set([...Object.keys(notBuiltReasons), 'svm', 'storage-version-gc'])

/** The cloud controller manager's by now; kube-controller-manager 1.36 accepts the names and says that they do nothing. */
const elsewhere = new Set(['service-lb-controller', 'service', 'node-route-controller', 'route', 'cloud-node-lifecycle-controller', 'cloud-node-lifecycle'])

export const controllerTable: ControllerTable<ControllerConfig> = { component: 'kube-controller-manager', entries: controllerEntries, notBuilt, elsewhere }
