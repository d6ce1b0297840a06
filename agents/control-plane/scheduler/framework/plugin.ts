/**
 * What a scheduling plugin is. Upstream: pkg/scheduler/framework; the extension points keep their meaning, the
 * per-cycle state is a typed value that `prepare` returns instead of an entry in a bag.
 *
 * A plugin implements the points it needs. `wakeOn` names the changes of the cluster that may turn its rejection
 * round: a pod it rejected waits until one of them happens (queueing hints).
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import type { NotInterested, Rejected, Verdict } from './verdict.ts'

export type ClusterResource = 'pods' | 'nodes' | 'services' | 'persistentvolumeclaims' | 'persistentvolumes' | 'storageclasses'

export interface ClusterEvent {
  readonly resource: ClusterResource
  readonly change: 'added' | 'updated' | 'deleted'
}

export interface Plugin {
  readonly name: string
  readonly wakeOn?: readonly ClusterEvent[]
}

/** PreEnqueue: may this pod enter the queue at all? */
export interface GatePlugin extends Plugin {
  admit(pod: Pod): Verdict
}

/** PreFilter and Filter. */
export interface FilterPlugin<S = unknown> extends Plugin {
  /** Learns once a cycle what every node's question needs; may reject the pod for all nodes at once. */
  prepareFilter(pod: Pod, cluster: ClusterView): S | NotInterested | Rejected
  filter(state: S, here: NodeView, pod: Pod): Verdict
  /** The pod is imagined gone from (or added to) a node while preemption tries victims; only plugins that count need it. */
  imagine?(state: S, change: 'added' | 'removed', moved: Pod, here: NodeView, pod: Pod): S
}

/** PreScore, Score and NormalizeScore. Scores after normalising are 0..100. */
export interface ScorePlugin<S = unknown> extends Plugin {
  prepareScore(pod: Pod, cluster: ClusterView, nodes: readonly NodeView[]): S | NotInterested
  score(state: S, here: NodeView, pod: Pod): number
  normalise?(scores: number[], state: S, nodes: readonly NodeView[]): void
}

export interface PluginSet {
  readonly gates: readonly GatePlugin[]
  readonly filters: readonly FilterPlugin[]
  readonly scores: readonly { readonly plugin: ScorePlugin; readonly weight: number }[]
}

export function isRejected(value: unknown): value is Rejected {
  return typeof value === 'object' && value !== null && (value as { fits?: unknown }).fits === false
}

/** Stretches scores to 0..100 by the largest; `reverse` turns "more is worse" round. Upstream: helper.DefaultNormalizeScore. */
export function normaliseByLargest(scores: number[], reverse: boolean): void {
  const largest = Math.max(0, ...scores)
  for (let index = 0; index < scores.length; index++) {
    if (largest === 0) scores[index] = reverse ? 100 : 0
    else {
      const stretched = Math.floor((100 * scores[index]!) / largest)
      scores[index] = reverse ? 100 - stretched : stretched
    }
  }
}
