/**
 * Which nodes count towards a spreading constraint, as a value that can be compared and kept.
 *
 *   NF1  A node must have every label that the pod's constraints together name as topology keys.
 *   NF2  Policy Honor for affinity: the pod's own node selector and required affinity must match.
 *   NF3  Policy Honor for taints: the pod must tolerate every NoSchedule and NoExecute taint.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { matchesNodeSelection } from '../framework/node-selector.ts'
import { toleratesTaint } from '../framework/taints.ts'

export interface NodeFilter {
  /** Equal filters have equal ids, whichever pod they come from. */
  readonly id: string
  accepts(node: Node): boolean
}

export const everyNode: NodeFilter = { id: '', accepts: () => true }

export interface NodeFilterRules {
  readonly keys: readonly string[]
  readonly honoursAffinity: boolean
  readonly honoursTaints: boolean
}

export function nodeFilterOf(pod: Pod, { keys, honoursAffinity, honoursTaints }: NodeFilterRules): NodeFilter {
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const selects = honoursAffinity && (required !== undefined || Object.keys(pod.spec.nodeSelector ?? {}).length > 0)
  if (keys.length === 0 && !selects && !honoursTaints) return everyNode
  const id = [
    [...new Set(keys)].sort().join(' '),
    selects ? JSON.stringify([pod.spec.nodeSelector, required]) : '',
    honoursTaints ? JSON.stringify(pod.spec.tolerations ?? []) : '',
  ].join('\n')
  return {
    id,
    accepts(node) {
      const labels = node.metadata.labels
      if (keys.length > 0 && (labels === undefined || keys.some(key => labels[key] === undefined))) return false // NF1
      if (selects && !matchesNodeSelection(pod, node)) return false // NF2
      return !honoursTaints || !(node.spec.taints ?? []).some(taint => taint.effect !== 'PreferNoSchedule' && !toleratesTaint(pod, taint)) // NF3
    },
  }
}
