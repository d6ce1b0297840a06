/** What runs here and what it uses: /stats/summary (JSON) and /metrics/resource (Prometheus text). */
import { readFile, statfs } from 'node:fs/promises'
import { type ContainerUsage, type NodeUsage, renderResourceMetrics, renderStatsSummary } from '../../../machinery/kubelet/usage-text.ts'
import type { ContainerStats } from '../../../wire/cri/cri-container-messages.ts'
import { criLabel } from '../cri/cri-names.ts'
import type { Kubelet } from '../kubelet.ts'
import type { PodWorker } from '../pod-worker/pod-worker.ts'


async function readUsage(kubelet: Kubelet): Promise<NodeUsage> {
  const [stats, meminfo, cpu] = await Promise.all([kubelet.runtime.containerStats(), readFile('/proc/meminfo', 'utf8'), readFile('/proc/stat', 'utf8')])
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  const ticks = (/^cpu +(.*)$/m.exec(cpu)?.[1] ?? '').split(/\s+/).map(Number)
  const busyTicks = ticks.reduce((sum, value, index) => (index === 3 || index === 4 || index > 7 ? sum : sum + value), 0)
  const used = kib('MemTotal') - kib('MemAvailable')
  const pods = kubelet.workers.all.map(worker => ({
    namespace: worker.pod.metadata.namespace ?? '',
    name: worker.pod.metadata.name,
    uid: worker.uid,
    startTime: worker.pod.status.startTime,
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
  const [usage, disk] = await Promise.all([readUsage(kubelet), statfs(kubelet.settings.rootFolder)])
  return renderStatsSummary(kubelet.settings.nodeName, usage, { availableBytes: disk.bavail * disk.bsize, capacityBytes: disk.blocks * disk.bsize, usedBytes: (disk.blocks - disk.bfree) * disk.bsize, inodes: disk.files, inodesFree: disk.ffree, inodesUsed: disk.files - disk.ffree })
}

export async function resourceMetrics(kubelet: Kubelet): Promise<string> {
  return renderResourceMetrics(await readUsage(kubelet))
}
