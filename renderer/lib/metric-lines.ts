/**
 * Lines of a metric family out of the samples that were kept. Pure.
 *
 *   ML1  Series are added up by the value of one label, or all together; of many values those that are largest now are drawn.
 *   ML2  A counter is drawn as its growth a second, a gauge as it is; of a histogram or summary the mean of what was counted
 *        in between: growth of the sum by growth of the count.
 */
import type { MetricFamily, MetricSample } from '../../electron/contract/metrics.ts'
import { type Drawn, type Line, type Sample, drawn, latest } from './series.ts'

const mostLines = 6

/** One figure a series, by a name that can be read back. */
export function metricSampleOf(at: number, samples: readonly MetricSample[]): Sample {
  return { at, values: Object.fromEntries(samples.map(({ family, part, labels, value }) => [JSON.stringify([family, part, labels]), value])) }
}

interface Series {
  readonly part: MetricSample['part']
  readonly labels: Readonly<Record<string, string>>
  readonly name: string
}

function seriesOf(samples: readonly Sample[], family: string): readonly Series[] {
  return Object.keys(samples.at(-1)?.values ?? {}).flatMap(name => {
    const [of, part, labels] = JSON.parse(name) as [string, MetricSample['part'], Readonly<Record<string, string>>]
    return of === family ? [{ part, labels, name }] : []
  })
}

export function labelsOf(samples: readonly Sample[], family: string): readonly string[] {
  return [...new Set(seriesOf(samples, family).flatMap(({ labels }) => Object.keys(labels)))].sort()
}

/** @param by a label; empty: all series together. */
export function metricLines(samples: readonly Sample[], { name, type }: Pick<MetricFamily, 'name' | 'type'>, by: string): Drawn {
  const groups = Map.groupBy(seriesOf(samples, name), ({ labels }) => (by === '' ? name : labels[by] ?? ''))
  const isMean = type === 'histogram' || type === 'summary'
  let times: readonly number[] = []
  const lines = [...groups].map(([label, series]): Line => {
    const sum = (part: MetricSample['part']): readonly (number | null)[] => {
      const parts = drawn(samples, series.filter(one => one.part === part).map(one => ({ name: one.name, label })), type === 'gauge' || type === 'untyped' ? 'value' : 'growth')
      times = parts.times
      return parts.times.map((_, index) => {
        const figures = parts.lines.flatMap(({ values }) => values[index] ?? [])
        return figures.length === 0 ? null : figures.reduce((total, figure) => total + figure, 0)
      })
    }
    if (!isMean) return { label, values: sum('value') }
    const counts = sum('count')
    return { label, values: sum('sum').map((total, index) => (total === null || (counts[index] ?? 0) === 0 ? null : total / counts[index]!)) } // ML2
  })
  return { times, lines: lines.toSorted((a, b) => (latest(b) ?? 0) - (latest(a) ?? 0)).slice(0, mostLines) } // ML1
}

/** Drawn until something else is chosen: what the component has of these, in this order. */
const first: Readonly<Record<string, readonly string[]>> = {
  'kube-apiserver': ['apiserver_request_total', 'apiserver_request_duration_seconds', 'apiserver_current_inflight_requests'],
  'kube-scheduler': ['scheduler_schedule_attempts_total', 'scheduler_scheduling_attempt_duration_seconds', 'scheduler_pending_pods'],
  'kube-controller-manager': ['workqueue_adds_total', 'workqueue_depth', 'workqueue_work_duration_seconds'],
  'etcd': ['etcd_mvcc_put_total', 'etcd_disk_wal_fsync_duration_seconds', 'etcd_mvcc_db_total_size_in_bytes'],
  'kubelet': ['kubelet_running_pods', 'kubelet_runtime_operations_total', 'kubelet_pod_start_duration_seconds'],
  'kube-proxy': ['kubeproxy_sync_proxy_rules_duration_seconds', 'kubeproxy_sync_proxy_rules_iptables_total'],
}
const process = ['process_cpu_seconds_total', 'process_resident_memory_bytes']
const shownFirst = 4

export function firstFamilies(component: string, names: readonly string[]): readonly string[] {
  return [...(first[component.split('@')[0]!] ?? []), ...process].filter(name => names.includes(name)).slice(0, shownFirst)
}
