/** What a simulated node and its pods seem to use now, from the usage data. The node itself uses a tenth of a core and 5 % of its memory. */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { ContainerUsage, NodeUsage, Usage } from '../../../machinery/kubelet/usage-text.ts'
import type { SimulatedNode } from '../nodes/simulated-node.ts'
import type { PodRun } from '../pods/pod-run.ts'
import { CpuMeter, ratesOf, type UsageRule } from '../simulation/usage.ts'

export const ownUse = { cpuCores: 0.1, memoryShare: 0.05 } as const

export interface UsageDeps {
  readonly pods: (node: string) => readonly Pod[]
  readonly runOf: (uid: string) => PodRun | undefined
  readonly rules: () => readonly UsageRule[]
  readonly startedAtMs: number
}

export class SimulatedUsage {
  readonly #deps: UsageDeps
  /** By pod uid, and within by container; made when first asked for. */
  readonly #meters = new Map<string, Map<string, CpuMeter>>()

  constructor(deps: UsageDeps) {
    this.#deps = deps
  }

  forget(uid: string): void {
    this.#meters.delete(uid)
  }

  read(node: SimulatedNode, nowMs: number): NodeUsage {
    const running = this.#deps.pods(node.name).map(pod => ({ pod, run: this.#deps.runOf(pod.metadata.uid) })).filter(({ run }) => run?.state === 'ready' || run?.state === 'running')
    const pods = running.map(({ pod, run }) => ({
      namespace: pod.metadata.namespace ?? '', name: pod.metadata.name, uid: pod.metadata.uid, startTime: pod.status.startTime,
      containers: pod.spec.containers.map(container => this.#containerUsage(pod, run!, container.name, nowMs)),
    }))
    const all = pods.flatMap(({ containers }) => containers)
    const sum = (of: (usage: Usage) => number) => all.reduce((total, usage) => total + of(usage), 0)
    const memoryBytes = node.memoryMiB * 1024 ** 2
    const used = Math.min(memoryBytes, Math.round(memoryBytes * ownUse.memoryShare) + sum(usage => usage.workingSetBytes))
    const cores = Math.min(node.cpus, ownUse.cpuCores + sum(usage => usage.cpuNanoCores ?? 0) / 1e9)
    const nodeUsage: Usage = { cpuNanos: this.#meter(node.name, '', ownUse.cpuCores, this.#deps.startedAtMs).read(cores, nowMs), cpuNanoCores: Math.round(cores * 1e9), workingSetBytes: used, usageBytes: used, rssBytes: used, atMs: nowMs }
    return { node: nodeUsage, availableBytes: memoryBytes - used, pods }
  }

  #containerUsage(pod: Pod, run: PodRun, name: string, nowMs: number): ContainerUsage {
    const container = pod.spec.containers.find(candidate => candidate.name === name)!
    const { cpuCores, memoryBytes } = ratesOf(pod, container, this.#deps.rules())
    const cpuNanos = this.#meter(pod.metadata.uid, `${name}/${run.restarts}`, cpuCores, run.containersAtMs).read(cpuCores, nowMs)
    return { name, startedAtMs: run.containersAtMs, cpuNanos, cpuNanoCores: Math.round(cpuCores * 1e9), workingSetBytes: memoryBytes, usageBytes: memoryBytes, rssBytes: memoryBytes, atMs: nowMs }
  }

  #meter(owner: string, name: string, cores: number, startedAtMs: number): CpuMeter {
    let meters = this.#meters.get(owner)
    if (meters === undefined) this.#meters.set(owner, (meters = new Map()))
    let meter = meters.get(name)
    if (meter === undefined) meters.set(name, (meter = new CpuMeter(cores, startedAtMs)))
    return meter
  }
}
