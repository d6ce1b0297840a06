/**
 * When a Pod has to leave its node because of NoExecute taints. Pure.
 *
 *   TE1  A taint that no toleration of the Pod covers: now.
 *   TE2  Covered by tolerations of which some have tolerationSeconds: the shortest counts, from the taint's timeAdded.
 *        Zero or negative seconds mean now. Covered without limit: never because of this taint.
 *   TE3  Of several taints the earliest time counts.
 */
import type { Taint, Toleration } from '../../../../api/groups/core-v1/types.ts'
import { tolerates } from '../../nodes/taints.ts'

/** Epoch milliseconds, or undefined for never. `nowMs` stands in for a missing timeAdded. */
export function evictionTimeMs(taints: readonly Taint[], tolerations: readonly Toleration[], nowMs: number): number | undefined {
  const times = taints.filter(({ effect }) => effect === 'NoExecute').map(taint => {
    const covering = tolerations.filter(toleration => tolerates(toleration, taint))
    if (covering.length === 0) return nowMs // TE1
    const limits = covering.map(({ tolerationSeconds }) => tolerationSeconds).filter(seconds => seconds !== undefined)
    if (limits.length === 0) return undefined
    return (taint.timeAdded === undefined ? nowMs : Date.parse(taint.timeAdded)) + Math.max(0, Math.min(...limits)) * 1_000 // TE2
  }).filter(time => time !== undefined)
  return times.length === 0 ? undefined : Math.min(...times) // TE3
}
