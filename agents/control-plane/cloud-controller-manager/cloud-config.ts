/** What the controllers of the cloud are told at their start. */
import type { Cloud } from './provider/cloud.ts'

/** What the command line tells the controllers. Times in milliseconds. */
export interface CloudConfig {
  readonly cloud: Cloud
  /** Addresses of Pods; undefined where the cloud's routes are not managed. */
  readonly clusterCidr: string | undefined
  readonly configureCloudRoutes: boolean
  readonly nodeMonitorPeriodMs: number
  readonly nodeStatusUpdateFrequencyMs: number
  readonly routeReconciliationPeriodMs: number
  readonly concurrentServiceSyncs: number
}
