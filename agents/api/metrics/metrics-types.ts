/**
 * What the metrics APIs answer. They are served by extension servers, so that they are no kinds of the API server's own.
 * Upstream: metrics/pkg/apis/{metrics/v1beta1,custom_metrics/v1beta2,external_metrics/v1beta1}.
 */
import type { ListMeta, ObjectMeta } from '../groups/meta-v1/types.ts'
import type { ResourceType } from '../kubernetes-object.ts'

/** Quantities by resource name: cpu, memory. */
export type UsageAmounts = Readonly<Record<string, string>>

export interface NodeMetrics {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  timestamp: string
  /** A Go duration: the time that `usage` is the mean of, up to `timestamp`. */
  window: string
  usage: UsageAmounts
}

export interface ContainerMetrics {
  readonly name: string
  readonly usage: UsageAmounts
}

export interface PodMetrics {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  timestamp: string
  window: string
  containers: readonly ContainerMetrics[]
}

export interface MetricValue {
  readonly describedObject: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly apiVersion?: string }
  readonly metric: { readonly name: string }
  readonly timestamp: string
  readonly value: string
}

export interface ExternalMetricValue {
  readonly metricName: string
  readonly timestamp: string
  readonly value: string
}

export interface MetricValueList<T> {
  readonly metadata: ListMeta
  readonly items: readonly T[]
}

export const nodeMetrics: ResourceType<NodeMetrics> = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'nodes', kind: 'NodeMetrics', namespaced: false }
export const podMetrics: ResourceType<PodMetrics> = { group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods', kind: 'PodMetrics', namespaced: true }
