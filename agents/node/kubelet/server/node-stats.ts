/** What runs here and what it uses: /stats/summary (JSON) and /metrics/resource (Prometheus text). */
import { statfs } from 'node:fs/promises'
import { type ContainerUsage, type NodeUsage, renderResourceMetrics, renderStatsSummary } from '../../../machinery/kubelet/usage-text.ts'
import type { ContainerStats } from '../../../wire/cri/cri-container-messages.ts'
import { machineUsage } from '../../os/machine-usage.ts'
import { criLabel } from '../cri/cri-names.ts'
import type { Kubelet } from '../kubelet.ts'
import type { PodWorker } from '../pod-worker/pod-worker.ts'


async function readUsage(kubelet: Kubelet): Promise<NodeUsage> {
  const [stats, { totalBytes, ...machine }] = await Promise.all([kubelet.runtime.containerStats(), machineUsage()])
  const pods = kubelet.workers.all.map(worker => ({
    namespace: worker.pod.metadata.namespace ?? '',
    name: worker.pod.metadata.name,
    uid: worker.uid,
    startTime: worker.pod.status.startTime,
    containers: stats.filter(entry => entry.attributes?.labels[criLabel.podUid] === worker.uid).map(entry => containerUsage(entry, worker)),
  }))
  const node = { ...machine, cpuNanoCores: undefined, atMs: Date.now() }
  return { node, availableBytes: totalBytes - machine.workingSetBytes, pods }
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
