import { readdirSync } from 'node:fs'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricOptions, Metrics } from '../machinery/metrics.ts'

export interface PrometheusMetrics extends Metrics {
  readonly registry: Registry
  /** The exposition text. */
  text(): Promise<string>
}

/** Metrics in Prometheus' text form, with the process metrics that upstream's components publish. */
export function createPrometheusMetrics(component: string, version: string): PrometheusMetrics {
  const registry = new Registry()
  const known = new Map<string, unknown>()
  const once = <M>(name: string, make: () => M): M => {
    const found = known.get(name) as M | undefined
    if (found !== undefined) return found
    const made = make()
    known.set(name, made)
    return made
  }
  const common = (options: MetricOptions) => ({ name: options.name, help: options.help, labelNames: [...(options.labels ?? [])], registers: [registry] })
  const metrics: PrometheusMetrics = {
    registry,
    text: () => registry.metrics(),
    counter: options => once(options.name, () => {
      const counter = new Counter(common(options))
      return { add: (by = 1, labels = {}) => { counter.inc({ ...labels }, by) } }
    }),
    gauge: options => once(options.name, () => {
      const gauge = new Gauge(common(options))
      return { set: (value, labels = {}) => { gauge.set({ ...labels }, value) } }
    }),
    histogram: options => once(options.name, () => {
      const histogram = new Histogram({ ...common(options), ...(options.buckets === undefined ? {} : { buckets: [...options.buckets] }) })
      return { observe: (value, labels = {}) => { histogram.observe({ ...labels }, value) } }
    }),
    observed: (options, read) => once(options.name, () => new Gauge({
      ...common(options),
      collect() {
        const seen = read()
        if (typeof seen === 'number') {
          this.set(seen)
          return
        }
        this.reset()
        for (const { labels, value } of seen) this.set({ ...labels }, value)
      },
    })),
  }
  addProcessMetrics(metrics, component, version)
  return metrics
}

function addProcessMetrics(metrics: Metrics, component: string, version: string): void {
  const startedAt = (Date.now() - process.uptime() * 1_000) / 1_000
  metrics.observed({ name: 'process_start_time_seconds', help: 'Start time of the process since the epoch, in seconds.' }, () => startedAt)
  metrics.observed({ name: 'process_cpu_seconds_total', help: 'User and system CPU time spent, in seconds.' }, () => {
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
