/** One node that is played, as the nodes file describes it. */
import type { Taint } from '../../../api/groups/core-v1/types.ts'

/** on: its kubelet works. stopped: it was shut down in order and said so. off: the plug was pulled. */
export type Power = 'on' | 'stopped' | 'off'

export interface SimulatedNode {
  readonly name: string
  /** Its InternalIP; by it the kubelet's port knows which node is meant. */
  readonly address: string
  readonly power: Power
  readonly cpus: number
  readonly memoryMiB: number
  readonly pods: number
  /** Extended resources, such as example.com/gpu. */
  readonly resources: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly taints: readonly Taint[]
  /** Where no controller hands out pod CIDRs. */
  readonly podCidr?: string
}
