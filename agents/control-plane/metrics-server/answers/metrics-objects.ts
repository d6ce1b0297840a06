/** Usage as the objects of metrics.k8s.io/v1beta1. Upstream: metrics-server/pkg/api. */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import type { NodeMetrics, PodMetrics, UsageAmounts } from '../../../api/metrics/metrics-types.ts'
import { timeText } from '../../../base/clock.ts'
import { durationText } from '../../../base/duration.ts'
import type { PodUsage, Usage } from '../usage/usage-history.ts'

const apiVersion = 'metrics.k8s.io/v1beta1'

export function nodeMetricsOf({ metadata: { name, labels } }: Node, usage: Usage, nowMs: number): NodeMetrics {
  return { kind: 'NodeMetrics', apiVersion, metadata: metadataOf({ name, labels }, nowMs), timestamp: timeText(usage.atMs), window: windowText(usage.windowMs), usage: amountsOf(usage) }
}

export function podMetricsOf({ metadata: { name, namespace, labels } }: Pod, usage: PodUsage, nowMs: number): PodMetrics {
  return {
    kind: 'PodMetrics', apiVersion, metadata: metadataOf({ name, namespace, labels }, nowMs), timestamp: timeText(usage.atMs), window: windowText(usage.windowMs),
    containers: [...usage.containers].sort(([a], [b]) => (a < b ? -1 : 1)).map(([container, each]) => ({ name: container, usage: amountsOf(each) })),
  }
}

function metadataOf({ name, namespace, labels }: { readonly name: string; readonly namespace?: string | undefined; readonly labels?: Record<string, string> | undefined }, nowMs: number): NodeMetrics['metadata'] {
  return { name, ...(namespace === undefined ? {} : { namespace }), creationTimestamp: timeText(nowMs), ...(labels === undefined ? {} : { labels }) } as NodeMetrics['metadata']
}

function windowText(ms: number): string {
  return durationText(Math.round(ms))
}

/** Nanocores, and bytes in KiB where that is exact: as kubectl top and the autoscaler expect them. */
function amountsOf({ cpuNanos, memoryBytes }: Usage): UsageAmounts {
  return { cpu: cpuNanos === 0n ? '0' : `${cpuNanos}n`, memory: memoryBytes === 0n ? '0' : memoryBytes % 1_024n === 0n ? `${memoryBytes / 1_024n}Ki` : String(memoryBytes) }
}
