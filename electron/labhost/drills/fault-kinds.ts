/** Every fault there is, as it is listed. */
import type { Fault } from './fault.ts'
import { apiAdmissionMutates } from './faults/api-admission-mutates.ts'
import { apiAdmissionRefuses } from './faults/api-admission-refuses.ts'
import { apiAdmissionSlow } from './faults/api-admission-slow.ts'
import { apiBookmarkWithheld } from './faults/api-bookmark-withheld.ts'
import { apiCertificateExpired } from './faults/api-certificate-expired.ts'
import { apiCertificateUntrusted } from './faults/api-certificate-untrusted.ts'
import { apiCertificateWrongName } from './faults/api-certificate-wrong-name.ts'
import { apiCredentialRevoked } from './faults/api-credential-revoked.ts'
import { apiDiscoveryOutage } from './faults/api-discovery-outage.ts'
import { apiErrors } from './faults/api-errors.ts'
import { apiHangs } from './faults/api-hangs.ts'
import { apiLatency } from './faults/api-latency.ts'
import { apiPermissionDenied } from './faults/api-permission-denied.ts'
import { apiResourceVersionTooOld } from './faults/api-resource-version-too-old.ts'
import { apiStoreAway } from './faults/api-store-away.ts'
import { apiStoreSlow } from './faults/api-store-slow.ts'
import { apiWatchCut } from './faults/api-watch-cut.ts'
import { apiWatchEventsLost } from './faults/api-watch-events-lost.ts'
import { cloudAddressNeverAssigned } from './faults/cloud-address-never-assigned.ts'
import { cloudAddressWrong } from './faults/cloud-address-wrong.ts'
import { cloudErrors } from './faults/cloud-errors.ts'
import { cloudInstanceGone } from './faults/cloud-instance-gone.ts'
import { cloudRouteMissing } from './faults/cloud-route-missing.ts'
import { cloudSlow } from './faults/cloud-slow.ts'
import { componentClockFrozen } from './faults/component-clock-frozen.ts'
import { componentClockOffset } from './faults/component-clock-offset.ts'
import { componentKill } from './faults/component-kill.ts'
import { componentPause } from './faults/component-pause.ts'
import { controlLinkCut } from './faults/control-link-cut.ts'
import { controlLinkSlow } from './faults/control-link-slow.ts'
import { controllerCacheStale } from './faults/controller-cache-stale.ts'
import { controllerCrashMidReconcile } from './faults/controller-crash-mid-reconcile.ts'
import { controllerEventMissed } from './faults/controller-event-missed.ts'
import { controllerFailing } from './faults/controller-failing.ts'
import { controllerSkips } from './faults/controller-skips.ts'
import { controllerSlow } from './faults/controller-slow.ts'
import { controllerStopped } from './faults/controller-stopped.ts'
import { controllerWritesRefused } from './faults/controller-writes-refused.ts'
import { criCallFails } from './faults/cri-call-fails.ts'
import { criCallSlow } from './faults/cri-call-slow.ts'
import { criCallStuck } from './faults/cri-call-stuck.ts'
import { deploymentCommandFails } from './faults/deployment-command-fails.ts'
import { deploymentConfigMissing } from './faults/deployment-config-missing.ts'
import { deploymentImageMissing } from './faults/deployment-image-missing.ts'
import { deploymentInitStuck } from './faults/deployment-init-stuck.ts'
import { deploymentLivenessTooStrict } from './faults/deployment-liveness-too-strict.ts'
import { deploymentMemoryLimitTooSmall } from './faults/deployment-memory-limit-too-small.ts'
import { deploymentNodeSelectorWrong } from './faults/deployment-node-selector-wrong.ts'
import { deploymentPaused } from './faults/deployment-paused.ts'
import { deploymentProbeWrong } from './faults/deployment-probe-wrong.ts'
import { deploymentRequestsTooLarge } from './faults/deployment-requests-too-large.ts'
import { deploymentScaledToZero } from './faults/deployment-scaled-to-zero.ts'
import { deploymentStrategyWrong } from './faults/deployment-strategy-wrong.ts'
import { dnsNoAnswer } from './faults/dns-no-answer.ts'
import { dnsNotFound } from './faults/dns-not-found.ts'
import { dnsServerFailure } from './faults/dns-server-failure.ts'
import { dnsSlow } from './faults/dns-slow.ts'
import { dnsStale } from './faults/dns-stale.ts'
import { dnsWrongAddress } from './faults/dns-wrong-address.ts'
import { garbageCollectionOff } from './faults/garbage-collection-off.ts'
import { imagePullFails } from './faults/image-pull-fails.ts'
import { imagePullSlow } from './faults/image-pull-slow.ts'
import { kubeProxyEndpointsStale } from './faults/kube-proxy-endpoints-stale.ts'
import { kubeProxyFrozen } from './faults/kube-proxy-frozen.ts'
import { kubeProxyRuleMissing } from './faults/kube-proxy-rule-missing.ts'
import { leaderFlapping } from './faults/leader-flapping.ts'
import { linkBlock } from './faults/link-block.ts'
import { linkCorrupt } from './faults/link-corrupt.ts'
import { linkDelay } from './faults/link-delay.ts'
import { linkDown } from './faults/link-down.ts'
import { linkDuplicate } from './faults/link-duplicate.ts'
import { linkFlap } from './faults/link-flap.ts'
import { linkLoss } from './faults/link-loss.ts'
import { linkLossBursts } from './faults/link-loss-bursts.ts'
import { linkLossEvery } from './faults/link-loss-every.ts'
import { linkMtuBlackHole } from './faults/link-mtu-black-hole.ts'
import { linkRate } from './faults/link-rate.ts'
import { linkReorder } from './faults/link-reorder.ts'
import { loadEventStorm } from './faults/load-event-storm.ts'
import { loadListStorm } from './faults/load-list-storm.ts'
import { loadRetryStorm } from './faults/load-retry-storm.ts'
import { loadWatchStorm } from './faults/load-watch-storm.ts'
import { machinePause } from './faults/machine-pause.ts'
import { machinePowerOff } from './faults/machine-power-off.ts'
import { machineReset } from './faults/machine-reset.ts'
import { namespaceLimitRange } from './faults/namespace-limit-range.ts'
import { namespaceQuota } from './faults/namespace-quota.ts'
import { namespaceRestricted } from './faults/namespace-restricted.ts'
import { nodeAgentStop } from './faults/node-agent-stop.ts'
import { nodeClockOffset } from './faults/node-clock-offset.ts'
import { nodeCordoned } from './faults/node-cordoned.ts'
import { nodeCpuLoad } from './faults/node-cpu-load.ts'
import { nodeDiskFull } from './faults/node-disk-full.ts'
import { nodeDnsBlock } from './faults/node-dns-block.ts'
import { nodeHeartbeatLost } from './faults/node-heartbeat-lost.ts'
import { nodeIoLoad } from './faults/node-io-load.ts'
import { nodeIsolated } from './faults/node-isolated.ts'
import { nodeMemoryLoad } from './faults/node-memory-load.ts'
import { nodeMtuBlackHole } from './faults/node-mtu-black-hole.ts'
import { nodeOverlayBlock } from './faults/node-overlay-block.ts'
import { nodePacketLoss } from './faults/node-packet-loss.ts'
import { nodePodAddressesExhausted } from './faults/node-pod-addresses-exhausted.ts'
import { nodePortBlock } from './faults/node-port-block.ts'
import { nodePortReset } from './faults/node-port-reset.ts'
import { nodeTainted } from './faults/node-tainted.ts'
import { overlayFdbMissing } from './faults/overlay-fdb-missing.ts'
import { overlayFrozen } from './faults/overlay-frozen.ts'
import { overlayMtuWrong } from './faults/overlay-mtu-wrong.ts'
import { overlayNeighbourMissing } from './faults/overlay-neighbour-missing.ts'
import { overlayRouteMissing } from './faults/overlay-route-missing.ts'
import { podContainerKill } from './faults/pod-container-kill.ts'
import { podDelete } from './faults/pod-delete.ts'
import { podDnsBlock } from './faults/pod-dns-block.ts'
import { podExec } from './faults/pod-exec.ts'
import { podFinalizerDeadlock } from './faults/pod-finalizer-deadlock.ts'
import { podHttpAbort } from './faults/pod-http-abort.ts'
import { podHttpBody } from './faults/pod-http-body.ts'
import { podHttpDelay } from './faults/pod-http-delay.ts'
import { podHttpHeader } from './faults/pod-http-header.ts'
import { podHttpStatus } from './faults/pod-http-status.ts'
import { podIsolated } from './faults/pod-isolated.ts'
import { podPacketLoss } from './faults/pod-packet-loss.ts'
import { podPause } from './faults/pod-pause.ts'
import { probeFails } from './faults/probe-fails.ts'
import { probeRunnerStuck } from './faults/probe-runner-stuck.ts'
import { roleBindingEmpty } from './faults/role-binding-empty.ts'
import { runtimeEventsLost } from './faults/runtime-events-lost.ts'
import { runtimeUnhealthy } from './faults/runtime-unhealthy.ts'
import { schedulerBindFailure } from './faults/scheduler-bind-failure.ts'
import { schedulerCacheStale } from './faults/scheduler-cache-stale.ts'
import { schedulerFilterRejects } from './faults/scheduler-filter-rejects.ts'
import { schedulerPluginError } from './faults/scheduler-plugin-error.ts'
import { schedulerPluginSlow } from './faults/scheduler-plugin-slow.ts'
import { schedulerQueueHeld } from './faults/scheduler-queue-held.ts'
import { schedulerScoreWrong } from './faults/scheduler-score-wrong.ts'
import { secretRotated } from './faults/secret-rotated.ts'
import { serviceLocalTrafficOnly } from './faults/service-local-traffic-only.ts'
import { servicePortWrong } from './faults/service-port-wrong.ts'
import { serviceSelectorWrong } from './faults/service-selector-wrong.ts'
import { storageProvisionerOutage } from './faults/storage-provisioner-outage.ts'
import { storeCompactedUnderWatchers } from './faults/store-compacted-under-watchers.ts'
import { storeCorruptKey } from './faults/store-corrupt-key.ts'
import { storeDiskFailed } from './faults/store-disk-failed.ts'
import { storeDiskStuck } from './faults/store-disk-stuck.ts'
import { storeLeaseKeepaliveLost } from './faults/store-lease-keepalive-lost.ts'
import { storeNoSpace } from './faults/store-no-space.ts'
import { storeSlowFsync } from './faults/store-slow-fsync.ts'
import { storeWatchWithheld } from './faults/store-watch-withheld.ts'
import { trafficSpike } from './faults/traffic-spike.ts'
import { volumeAttachFails } from './faults/volume-attach-fails.ts'
import { volumeDetachStuck } from './faults/volume-detach-stuck.ts'
import { volumeFull } from './faults/volume-full.ts'
import { volumeInodesFull } from './faults/volume-inodes-full.ts'
import { volumeReadOnly } from './faults/volume-read-only.ts'
import { webhookBadTls } from './faults/webhook-bad-tls.ts'
import { webhookDown } from './faults/webhook-down.ts'
import { webhookSlow } from './faults/webhook-slow.ts'

export const faults: readonly Fault[] = [
  apiAdmissionMutates,
  apiAdmissionRefuses,
  apiAdmissionSlow,
  apiBookmarkWithheld,
  apiCertificateExpired,
  apiCertificateUntrusted,
  apiCertificateWrongName,
  apiCredentialRevoked,
  apiDiscoveryOutage,
  apiErrors,
  apiHangs,
  apiLatency,
  apiPermissionDenied,
  apiResourceVersionTooOld,
  apiStoreAway,
  apiStoreSlow,
  apiWatchCut,
  apiWatchEventsLost,
  cloudAddressNeverAssigned,
  cloudAddressWrong,
  cloudErrors,
  cloudInstanceGone,
  cloudRouteMissing,
  cloudSlow,
  componentClockFrozen,
  componentClockOffset,
  componentKill,
  componentPause,
  controlLinkCut,
  controlLinkSlow,
  controllerCacheStale,
  controllerCrashMidReconcile,
  controllerEventMissed,
  controllerFailing,
  controllerSkips,
  controllerSlow,
  controllerStopped,
  controllerWritesRefused,
  criCallFails,
  criCallSlow,
  criCallStuck,
  deploymentCommandFails,
  deploymentConfigMissing,
  deploymentImageMissing,
  deploymentInitStuck,
  deploymentLivenessTooStrict,
  deploymentMemoryLimitTooSmall,
  deploymentNodeSelectorWrong,
  deploymentPaused,
  deploymentProbeWrong,
  deploymentRequestsTooLarge,
  deploymentScaledToZero,
  deploymentStrategyWrong,
  dnsNoAnswer,
  dnsNotFound,
  dnsServerFailure,
  dnsSlow,
  dnsStale,
  dnsWrongAddress,
  garbageCollectionOff,
  imagePullFails,
  imagePullSlow,
  kubeProxyEndpointsStale,
  kubeProxyFrozen,
  kubeProxyRuleMissing,
  leaderFlapping,
  linkBlock,
  linkCorrupt,
  linkDelay,
  linkDown,
  linkDuplicate,
  linkFlap,
  linkLoss,
  linkLossBursts,
  linkLossEvery,
  linkMtuBlackHole,
  linkRate,
  linkReorder,
  loadEventStorm,
  loadListStorm,
  loadRetryStorm,
  loadWatchStorm,
  machinePause,
  machinePowerOff,
  machineReset,
  namespaceLimitRange,
  namespaceQuota,
  namespaceRestricted,
  nodeAgentStop,
  nodeClockOffset,
  nodeCordoned,
  nodeCpuLoad,
  nodeDiskFull,
  nodeDnsBlock,
  nodeHeartbeatLost,
  nodeIoLoad,
  nodeIsolated,
  nodeMemoryLoad,
  nodeMtuBlackHole,
  nodeOverlayBlock,
  nodePacketLoss,
  nodePodAddressesExhausted,
  nodePortBlock,
  nodePortReset,
  nodeTainted,
  overlayFdbMissing,
  overlayFrozen,
  overlayMtuWrong,
  overlayNeighbourMissing,
  overlayRouteMissing,
  podContainerKill,
  podDelete,
  podDnsBlock,
  podExec,
  podFinalizerDeadlock,
  podHttpAbort,
  podHttpBody,
  podHttpDelay,
  podHttpHeader,
  podHttpStatus,
  podIsolated,
  podPacketLoss,
  podPause,
  probeFails,
  probeRunnerStuck,
  roleBindingEmpty,
  runtimeEventsLost,
  runtimeUnhealthy,
  schedulerBindFailure,
  schedulerCacheStale,
  schedulerFilterRejects,
  schedulerPluginError,
  schedulerPluginSlow,
  schedulerQueueHeld,
  schedulerScoreWrong,
  secretRotated,
  serviceLocalTrafficOnly,
  servicePortWrong,
  serviceSelectorWrong,
  storageProvisionerOutage,
  storeCompactedUnderWatchers,
  storeCorruptKey,
  storeDiskFailed,
  storeDiskStuck,
  storeLeaseKeepaliveLost,
  storeNoSpace,
  storeSlowFsync,
  storeWatchWithheld,
  trafficSpike,
  volumeAttachFails,
  volumeDetachStuck,
  volumeFull,
  volumeInodesFull,
  volumeReadOnly,
  webhookBadTls,
  webhookDown,
  webhookSlow,
] as readonly Fault[]
