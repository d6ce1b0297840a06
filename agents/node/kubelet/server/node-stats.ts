/** What runs here and what it uses: /stats/summary (JSON) and /metrics/resource (Prometheus text). */
import { readFile, statfs } from 'node:fs/promises'
import type { ContainerStats } from '../../../wire/cri/cri-container-messages.ts'
import { criLabel } from '../cri/cri-names.ts'
import type { Kubelet } from '../kubelet.ts'
import type { PodWorker } from '../pod-worker/pod-worker.ts'

interface Usage {
  readonly cpuNanos: number
  readonly cpuNanoCores: number | undefined
  readonly workingSetBytes: number
  readonly usageBytes: number
  readonly rssBytes: number
  readonly atMs: number
}

interface ContainerUsage extends Usage {
  readonly name: string
  readonly startedAtMs: number
}

interface PodUsage {
  readonly worker: PodWorker
  readonly containers: readonly ContainerUsage[]
}

interface NodeUsage {
  readonly node: Usage
  readonly availableBytes: number
  readonly pods: readonly PodUsage[]
}

async function readUsage(kubelet: Kubelet): Promise<NodeUsage> {
  const [stats, meminfo, cpu] = await Promise.all([kubelet.runtime.containerStats(), readFile('/proc/meminfo', 'utf8'), readFile('/proc/stat', 'utf8')])
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  const ticks = (/^cpu +(.*)$/m.exec(cpu)?.[1] ?? '').split(/\s+/).map(Number)
  const busyTicks = ticks.reduce((sum, value, index) => (index === 3 || index === 4 || index > 7 ? sum : sum + value), 0)
  const used = kib('MemTotal') - kib('MemAvailable')
  const pods = kubelet.workers.all.map(worker => ({
    worker,
    containers: stats.filter(entry => entry.attributes?.labels[criLabel.podUid] === worker.uid).map(entry => containerUsage(entry, worker)),
  }))
  const node = { cpuNanos: busyTicks * 10_000_000, cpuNanoCores: undefined, workingSetBytes: used, usageBytes: kib('MemTotal') - kib('MemFree'), rssBytes: kib('AnonPages'), atMs: Date.now() }
  return { node, availableBytes: kib('MemAvailable'), pods }
}

function containerUsage(stats: ContainerStats, worker: PodWorker): ContainerUsage {
  const id = stats.attributes?.id ?? ''
  return {
    name: stats.attributes?.labels[criLabel.containerName] ?? '',
    startedAtMs: worker.observed.containers.find(container => container.id === id)?.startedAtMs ?? 0,
    cpuNanos: stats.cpu?.usageCoreNanoSeconds ?? 0, cpuNanoCores: stats.cpu?.usageNanoCores,
    workingSetBytes: stats.memory?.workingSetBytes ?? 0, usageBytes: stats.memory?.usageBytes ?? stats.memory?.workingSetBytes ?? 0, rssBytes: stats.memory?.rssBytes ?? 0,
    atMs: (stats.cpu?.timestamp ?? 0) / 1e6,
  }
}

export async function statsSummary(kubelet: Kubelet): Promise<unknown> {
  const [{ node, availableBytes, pods }, disk] = await Promise.all([readUsage(kubelet), statfs(kubelet.settings.rootFolder)])
  const section = (usage: Usage) => ({
    cpu: { time: timeOf(usage.atMs), usageCoreNanoSeconds: usage.cpuNanos, ...(usage.cpuNanoCores === undefined ? {} : { usageNanoCores: usage.cpuNanoCores }) },
    memory: { time: timeOf(usage.atMs), usageBytes: usage.usageBytes, workingSetBytes: usage.workingSetBytes, rssBytes: usage.rssBytes },
  })
  return {
    node: {
      nodeName: kubelet.settings.nodeName,
      ...section(node),
      memory: { ...section(node).memory, availableBytes },
      fs: { time: timeOf(node.atMs), availableBytes: disk.bavail * disk.bsize, capacityBytes: disk.blocks * disk.bsize, usedBytes: (disk.blocks - disk.bfree) * disk.bsize, inodes: disk.files, inodesFree: disk.ffree, inodesUsed: disk.files - disk.ffree },
    },
    pods: pods.map(({ worker, containers }) => ({
      podRef: { name: worker.pod.metadata.name, namespace: worker.pod.metadata.namespace, uid: worker.uid },
      startTime: worker.pod.status.startTime,
      containers: containers.map(usage => ({ name: usage.name, startTime: timeOf(usage.startedAtMs), ...section(usage) })),
      ...(containers.length === 0 ? {} : section(total(containers))),
    })),
  }
}

function total(usages: readonly Usage[]): Usage {
  const sum = (of: (usage: Usage) => number) => usages.reduce((result, usage) => result + of(usage), 0)
  return { cpuNanos: sum(usage => usage.cpuNanos), cpuNanoCores: sum(usage => usage.cpuNanoCores ?? 0), workingSetBytes: sum(usage => usage.workingSetBytes), usageBytes: sum(usage => usage.usageBytes), rssBytes: sum(usage => usage.rssBytes), atMs: Math.max(...usages.map(usage => usage.atMs)) }
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString()
}

export async function resourceMetrics(kubelet: Kubelet): Promise<string> {
  const { node, pods } = await readUsage(kubelet)
  const lines: string[] = []
  const metric = (name: string, type: string, help: string, rows: readonly (readonly [labels: Record<string, string>, value: number, atMs: number])[]) => {
    if (rows.length === 0) return
    lines.push(`# HELP ${name} [STABLE] ${help}`, `# TYPE ${name} ${type}`)
    for (const [labels, value, atMs] of rows) lines.push(`${name}${renderLabels(labels)} ${value}${atMs > 0 ? ` ${Math.round(atMs)}` : ''}`)
  }
  const all = pods.flatMap(({ worker, containers }) => containers.map(usage => ({ usage, labels: { container: usage.name, namespace: worker.pod.metadata.namespace ?? '', pod: worker.pod.metadata.name } })))
  const perPod = pods.filter(({ containers }) => containers.length > 0).map(({ worker, containers }) => ({ usage: total(containers), labels: { namespace: worker.pod.metadata.namespace ?? '', pod: worker.pod.metadata.name } }))
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
