/**
 * The text of a FailedScheduling event, word for word as upstream's FitError prints it.
 *
 *   FM1  Reasons are counted over nodes and sorted as text: "2 Insufficient cpu, 1 node(s) were unschedulable".
 *   FM2  A pod that no node was asked about carries the plugin's own message after the count.
 *   FM3  What preemption found is appended.
 *   FM4  Without any node there is nothing to count.
 */
import type { Rejected } from './verdict.ts'

export interface Diagnosis {
  readonly totalNodes: number
  /** Rejections by node name. */
  readonly byNode: ReadonlyMap<string, Rejected>
  /** Set when a plugin rejected the pod before any node was asked. */
  readonly beforeNodes: string | null
  /** Result of preemption as text, '' when it was not tried. */
  readonly preemption: string
}

export function fitMessage(diagnosis: Diagnosis): string {
  if (diagnosis.totalNodes === 0) return 'no nodes available to schedule pods' // FM4
  const head = `0/${diagnosis.totalNodes} nodes are available`
  const reasons = diagnosis.beforeNodes === null ? countedReasons(diagnosis.byNode.values()) : diagnosis.beforeNodes // FM2
  const body = reasons === '' ? `${head}.` : `${head}: ${reasons}.`
  return diagnosis.preemption === '' ? body : `${body} ${diagnosis.preemption}` // FM3
}

export function countedReasons(rejections: Iterable<Rejected>): string {
  const counts = new Map<string, number>()
  for (const rejection of rejections) {
    for (const reason of rejection.reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  return [...counts].map(([reason, count]) => `${count} ${reason}`).sort().join(', ') // FM1
}
