import type { ControllerConfig } from './controller-config.ts'

/** Upstream's defaults, with a lab's addresses. For tests. */
export const sampleConfig: ControllerConfig = {
  clusterCidr: '10.244.0.0/16', allocateNodeCidrs: true, nodeCidrMaskSize: 24, serviceClusterIpRange: '10.96.0.0/16',
  nodeMonitorPeriodMs: 5_000, nodeMonitorGracePeriodMs: 50_000, nodeStartupGracePeriodMs: 60_000,
  nodeEvictionRate: 0.1, secondaryNodeEvictionRate: 0.01, unhealthyZoneThreshold: 0.55, largeClusterSizeThreshold: 50,
  terminatedPodGcThreshold: 12_500, rootCa: 'CA', concurrentGcSyncs: 4, certificateAuthority: undefined, signToken: claims => `signed ${claims['sub']}`,
  resourceQuotaSyncPeriodMs: 300_000, legacyTokenCleanUpPeriodMs: 365 * 86_400_000,
  hpa: { syncPeriodMs: 15_000, tolerance: 0.1, downscaleStabilisationMs: 300_000, cpuInitializationPeriodMs: 300_000, initialReadinessDelayMs: 30_000 },
}
