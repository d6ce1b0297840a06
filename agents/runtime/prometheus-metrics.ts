import { readdirSync } from 'node:fs'
import { Registry } from 'prom-client'
import type { Metric } from 'prom-client'
import type { Metrics } from '../machinery/metrics.ts'
import { HistogramFamily, NumberFamily } from './metric-series.ts'

export interface PrometheusMetrics extends Metrics {
  readonly registry: Registry
  /** The exposition text. */
  text(): Promise<string>
}

/** Metrics in Prometheus' text form, with the process metrics that upstream's components publish. */
export function createPrometheusMetrics(component: string, version: string): PrometheusMetrics {
  const registry = new Registry()
  const known = new Map<string, NumberFamily | HistogramFamily>()
  const once = <M extends NumberFamily | HistogramFamily>(name: string, make: () => M): M => {
    const found = known.get(name) as M | undefined
    if (found !== undefined) return found
    const made = make()
    known.set(name, made)
    registry.registerMetric(made as unknown as Metric) // the registry asks a metric for its name and get() only
    return made
  }
  const metrics: PrometheusMetrics = {
    registry,
    text: () => registry.metrics(),
    counter: options => once(options.name, () => new NumberFamily(options, 'counter')),
    gauge: options => once(options.name, () => new NumberFamily(options, 'gauge')),
    histogram: options => once(options.name, () => new HistogramFamily(options)),
    observed: (options, read) => once(options.name, () => new NumberFamily(options, options.counts === true ? 'counter' : 'gauge', family => {
      const seen = read()
      if (typeof seen === 'number') family.set(seen)
      else for (const { labels, value } of seen) family.set(value, labels)
    })),
  }
  addProcessMetrics(metrics, component, version)
  return metrics
}

function addProcessMetrics(metrics: Metrics, component: string, version: string): void {
  const startedAt = (Date.now() - process.uptime() * 1_000) / 1_000
  metrics.observed({ name: 'process_start_time_seconds', help: 'Start time of the process since the epoch, in seconds.' }, () => startedAt)
  metrics.observed({ name: 'process_cpu_seconds_total', help: 'User and system CPU time spent, in seconds.', counts: true }, () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  })
  metrics.observed({ name: 'process_resident_memory_bytes', help: 'Resident memory, in bytes.' }, () => process.memoryUsage.rss())
  metrics.observed({ name: 'nodejs_heap_used_bytes', help: 'Used heap, in bytes.' }, () => process.memoryUsage().heapUsed)
  metrics.observed({ name: 'process_open_fds', help: 'Open file descriptors.' }, () => {
    try {
      return readdirSync('/proc/self/fd').length
    } catch {
      return 0
    }
  })
  const build = metrics.gauge({ name: 'kubernetes_build_info', help: 'Version of this component.', labels: ['component', 'git_version', 'platform'] })
  build.set(1, { component, git_version: version, platform: `${process.platform}/${process.arch}` })
}
