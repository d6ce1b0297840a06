/** What a node and its pods use, as a kubelet tells it: /stats/summary (JSON) and /metrics/resource (Prometheus text). Pure. */

export interface Usage {
  readonly cpuNanos: number
  readonly cpuNanoCores: number | undefined
  readonly workingSetBytes: number
  readonly usageBytes: number
  readonly rssBytes: number
  readonly atMs: number
}

export interface ContainerUsage extends Usage {
  readonly name: string
  readonly startedAtMs: number
}

export interface PodUsage {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly startTime: string | undefined
  readonly containers: readonly ContainerUsage[]
}

export interface NodeUsage {
  readonly node: Usage
  readonly availableBytes: number
  readonly pods: readonly PodUsage[]
}

export interface DiskUsage {
  readonly availableBytes: number
  readonly capacityBytes: number
  readonly usedBytes: number
  readonly inodes: number
  readonly inodesFree: number
  readonly inodesUsed: number
}

export function renderStatsSummary(nodeName: string, { node, availableBytes, pods }: NodeUsage, disk: DiskUsage): unknown {
  return {
    node: { nodeName, ...section(node), memory: { ...section(node).memory, availableBytes }, fs: { time: timeOf(node.atMs), ...disk } },
    pods: pods.map(({ namespace, name, uid, startTime, containers }) => ({
      podRef: { name, namespace, uid },
      startTime,
      containers: containers.map(usage => ({ name: usage.name, startTime: timeOf(usage.startedAtMs), ...section(usage) })),
      ...(containers.length === 0 ? {} : section(total(containers))),
    })),
  }
}

function section(usage: Usage) {
  return {
    cpu: { time: timeOf(usage.atMs), usageCoreNanoSeconds: usage.cpuNanos, ...(usage.cpuNanoCores === undefined ? {} : { usageNanoCores: usage.cpuNanoCores }) },
    memory: { time: timeOf(usage.atMs), usageBytes: usage.usageBytes, workingSetBytes: usage.workingSetBytes, rssBytes: usage.rssBytes },
  }
}

function total(usages: readonly Usage[]): Usage {
  const sum = (of: (usage: Usage) => number) => usages.reduce((result, usage) => result + of(usage), 0)
  return { cpuNanos: sum(usage => usage.cpuNanos), cpuNanoCores: sum(usage => usage.cpuNanoCores ?? 0), workingSetBytes: sum(usage => usage.workingSetBytes), usageBytes: sum(usage => usage.usageBytes), rssBytes: sum(usage => usage.rssBytes), atMs: Math.max(...usages.map(usage => usage.atMs)) }
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString()
}

export function renderResourceMetrics({ node, pods }: NodeUsage): string {
  const lines: string[] = []
  const metric = (name: string, type: string, help: string, rows: readonly (readonly [labels: Record<string, string>, value: number, atMs: number])[]) => {
    if (rows.length === 0) return
    lines.push(`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`)
    for (const [labels, value, atMs] of rows) lines.push(`${name}${renderLabels(labels)} ${value}${atMs > 0 ? ` ${Math.round(atMs)}` : ''}`)
  }
  const all = pods.flatMap(({ namespace, name, containers }) => containers.map(usage => ({ usage, labels: { container: usage.name, namespace, pod: name } })))
  const perPod = pods.filter(({ containers }) => containers.length > 0).map(({ namespace, name, containers }) => ({ usage: total(containers), labels: { namespace, pod: name } }))
  metric('container_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the container in core-seconds', all.map(({ usage, labels }) => [labels, usage.cpuNanos / 1e9, usage.atMs]))
  metric('container_memory_working_set_bytes', 'gauge', 'Current working set of the container in bytes', all.map(({ usage, labels }) => [labels, usage.workingSetBytes, usage.atMs]))
  metric('container_start_time_seconds', 'gauge', 'Start time of the container since unix epoch in seconds', all.map(({ usage, labels }) => [labels, usage.startedAtMs / 1000, 0]))
  metric('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [[{}, node.cpuNanos / 1e9, node.atMs]])
  metric('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [[{}, node.workingSetBytes, node.atMs]])
  metric('pod_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the pod in core-seconds', perPod.map(({ usage, labels }) => [labels, usage.cpuNanos / 1e9, usage.atMs]))
  metric('pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', perPod.map(({ usage, labels }) => [labels, usage.workingSetBytes, usage.atMs]))
  metric('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [[{}, 0, 0]])
  return `${lines.join('\n')}\n`
}

function renderLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
