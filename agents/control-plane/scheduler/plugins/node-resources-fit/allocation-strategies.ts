/**
 * How full a node should be for the pod to like it. Upstream: noderesources least_allocated, most_allocated,
 * requested_to_capacity_ratio.
 *
 *   AS1  LeastAllocated: the free share, 0 when overfull. MostAllocated: the used share, 100 when overfull.
 *   AS2  RequestedToCapacityRatio: used percent through a broken line of utilization (0..100) to score (0..10, times 10).
 *        Resources that score 0 do not count in the mean, which is rounded to the nearest.
 *   AS3  The node's score is the mean over the resources it has, by weight; 0 when it has none of them.
 */
import type { NodeResourcesFitArgs, ShapePoint } from '../../framework/plugin-args.ts'

/** Score of one resource, and how the sum becomes the node's score. */
export interface AllocationStrategy {
  score(used: number, capacity: number): number
  readonly skipsZero: boolean
  round(mean: number): number
}

export function allocationStrategy({ type, requestedToCapacityRatio }: NodeResourcesFitArgs['scoringStrategy']): AllocationStrategy {
  switch (type) {
    case 'LeastAllocated': return { score: (used, capacity) => (used > capacity ? 0 : Math.floor(((capacity - used) * 100) / capacity)), skipsZero: false, round: Math.floor } // AS1
    case 'MostAllocated': return { score: (used, capacity) => Math.floor((Math.min(used, capacity) * 100) / capacity), skipsZero: false, round: Math.floor }
    case 'RequestedToCapacityRatio': {
      const shape = requestedToCapacityRatio?.shape ?? []
      return { score: (used, capacity) => onLine(shape, used > capacity ? 100 : Math.floor((used * 100) / capacity)), skipsZero: true, round: Math.round } // AS2
    }
  }
}

function onLine(shape: readonly ShapePoint[], percent: number): number {
  const at = shape.findIndex(point => percent <= point.utilization)
  if (at < 0) return (shape.at(-1)?.score ?? 0) * 10
  const to = shape[at]!
  if (at === 0) return to.score * 10
  const from = shape[at - 1]!
  return from.score * 10 + Math.trunc(((to.score - from.score) * 10 * (percent - from.utilization)) / (to.utilization - from.utilization))
}
