import type { CertificateAuthority } from './controllers/certificates/certificate-controllers.ts'

/** What the command line tells the controllers. Times in milliseconds. */
export interface ControllerConfig {
  readonly clusterCidr: string | undefined
  readonly allocateNodeCidrs: boolean
  readonly nodeCidrMaskSize: number
  readonly serviceClusterIpRange: string | undefined
  readonly nodeMonitorPeriodMs: number
  readonly nodeMonitorGracePeriodMs: number
  readonly nodeStartupGracePeriodMs: number
  /** Nodes a second that lose their Pods while a zone is healthy, and while it is partly down. */
  readonly nodeEvictionRate: number
  readonly secondaryNodeEvictionRate: number
  readonly unhealthyZoneThreshold: number
  readonly largeClusterSizeThreshold: number
  readonly terminatedPodGcThreshold: number
  readonly rootCa: string | undefined
  readonly concurrentGcSyncs: number
  readonly certificateAuthority: CertificateAuthority | undefined
  /** Signs the claims of a legacy service account token as a JWT. */
  readonly signToken: ((claims: Readonly<Record<string, string>>) => string) | undefined
  readonly resourceQuotaSyncPeriodMs: number
  readonly legacyTokenCleanUpPeriodMs: number
  readonly hpa: { readonly syncPeriodMs: number; readonly tolerance: number; readonly downscaleStabilisationMs: number; readonly cpuInitializationPeriodMs: number; readonly initialReadinessDelayMs: number }
}
