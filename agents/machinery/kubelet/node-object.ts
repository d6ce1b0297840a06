/**
 * This node as the API server sees it. Pure.
 *
 *   ND1  Ready is True when the runtime and its network are; the message names what is missing.
 *   ND2  A condition's transition time moves with its status only; heartbeats are written when the status is posted.
 *   ND3  Allocatable is capacity less what eviction keeps free: 100 Mi of memory, a tenth of the disk.
 *   ND4  Amounts are written as the API server writes them back: what it answers must not look like news, or every posting
 *        would be followed by another.
 */
import type { NodeAddress, NodeCondition, NodeStatus, NodeSystemInfo } from '../../api/groups/core-v1/types.ts'
import { canonicalQuantity } from '../../api/schema/quantity.ts'
import { timeText } from '../../base/clock.ts'

export interface MachineFacts {
  readonly cpus: number
  readonly memoryBytes: number
  readonly diskBytes: number
  readonly systemInfo: NodeSystemInfo
}

export interface NodePressure {
  readonly memory: boolean
  readonly disk: boolean
  readonly pid: boolean
}

export interface NodeStatusInput {
  readonly nodeName: string
  readonly addresses: readonly string[]
  readonly machine: MachineFacts
  readonly maxPods: number
  readonly port: number
  /** Why the runtime is not usable, or undefined. */
  readonly problem: string | undefined
  readonly pressure: NodePressure
  readonly images: NodeStatus['images']
  /** Unique names of the volumes that must not be taken away; not given: none ever. */
  readonly volumesInUse?: readonly string[]
  readonly present: NodeStatus | undefined
  readonly nowMs: number
}

const memoryReserveBytes = 100 * 1024 * 1024

export function capacityOf(machine: MachineFacts, maxPods: number): Record<string, string> {
  return { cpu: String(machine.cpus), memory: kibibytes(machine.memoryBytes), 'ephemeral-storage': kibibytes(machine.diskBytes), pods: String(maxPods), 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' }
}

export function allocatableOf(machine: MachineFacts, maxPods: number): Record<string, string> {
  return { ...capacityOf(machine, maxPods), memory: kibibytes(Math.max(0, machine.memoryBytes - memoryReserveBytes)), 'ephemeral-storage': canonicalQuantity(Math.floor(machine.diskBytes * 0.9)) } // ND3
}

/** ND4 */
function kibibytes(bytes: number): string {
  return canonicalQuantity(`${Math.floor(bytes / 1024)}Ki`)
}

export function nodeStatusOf(input: NodeStatusInput): NodeStatus {
  const addresses: NodeAddress[] = [...input.addresses.map(address => ({ type: 'InternalIP', address })), { type: 'Hostname', address: input.nodeName }]
  return {
    addresses,
    capacity: capacityOf(input.machine, input.maxPods),
    allocatable: allocatableOf(input.machine, input.maxPods),
    conditions: conditionsOf(input),
    daemonEndpoints: { kubeletEndpoint: { Port: input.port } },
    nodeInfo: input.machine.systemInfo,
    ...(input.images === undefined ? {} : { images: input.images }),
    ...(input.volumesInUse === undefined ? {} : { volumesInUse: [...input.volumesInUse] }),
  }
}

function conditionsOf({ pressure, problem, present, nowMs }: NodeStatusInput): NodeCondition[] {
  const now = timeText(nowMs)
  const condition = (type: string, status: boolean, reason: string, message: string): NodeCondition => {
    const old = present?.conditions?.find(entry => entry.type === type)
    const text = status ? 'True' : 'False'
    return { type, status: text, reason, message, lastHeartbeatTime: now, lastTransitionTime: old?.status === text && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now } // ND2
  }
  return [
    condition('MemoryPressure', pressure.memory, pressure.memory ? 'KubeletHasInsufficientMemory' : 'KubeletHasSufficientMemory', pressure.memory ? 'kubelet has insufficient memory available' : 'kubelet has sufficient memory available'),
    condition('DiskPressure', pressure.disk, pressure.disk ? 'KubeletHasDiskPressure' : 'KubeletHasNoDiskPressure', pressure.disk ? 'kubelet has disk pressure' : 'kubelet has no disk pressure'),
    condition('PIDPressure', pressure.pid, pressure.pid ? 'KubeletHasInsufficientPID' : 'KubeletHasSufficientPID', pressure.pid ? 'kubelet has insufficient PID available' : 'kubelet has sufficient PID available'),
    condition('Ready', problem === undefined, problem === undefined ? 'KubeletReady' : 'KubeletNotReady', problem ?? 'kubelet is posting ready status'), // ND1
  ]
}

export function nodeLabels(nodeName: string, architecture: string, extra: Readonly<Record<string, string>>): Record<string, string> {
  return {
    'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': architecture,
    'beta.kubernetes.io/os': 'linux', 'beta.kubernetes.io/arch': architecture,
    ...extra,
  }
}

/** Whether the difference is worth posting before the regular time: heartbeats alone are not. */
export function isStatusNews(old: NodeStatus | undefined, next: NodeStatus): boolean {
  const bare = (status: NodeStatus | undefined) => JSON.stringify({ ...status, conditions: status?.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest) }, sortedKeys)
  return bare(pickOwn(old)) !== bare(pickOwn(next))
}

function pickOwn(status: NodeStatus | undefined): NodeStatus | undefined {
  if (status === undefined) return undefined
  const { addresses, capacity, allocatable, conditions, daemonEndpoints, nodeInfo, images, volumesInUse } = status
  const own = ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready']
  return JSON.parse(JSON.stringify({ addresses, capacity, allocatable, conditions: conditions?.filter(entry => own.includes(entry.type)).sort((a, b) => (a.type < b.type ? -1 : 1)), daemonEndpoints, nodeInfo, images: images?.length === 0 ? undefined : images, volumesInUse: volumesInUse?.length === 0 ? undefined : volumesInUse })) as NodeStatus
}

function sortedKeys(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
