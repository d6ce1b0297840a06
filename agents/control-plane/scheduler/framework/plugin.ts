/**
 * What a scheduling plugin is. Upstream: k8s.io/kube-scheduler/framework. The extension points keep their names and
 * their meaning; the per-cycle state is a typed value that `preFilter` and `preScore` return instead of an entry in a bag.
 *
 * A plugin is an object with a name and the points it needs. Which points it serves is seen by which methods it has.
 *
 *   PI1  PreEnqueue, PreFilter, Filter, PreScore, Score and Reserve think and do nothing else: they get the cluster as it
 *        is seen now and answer at once. Only PostFilter, PreBind, Bind and Unreserve may act, through the handle that
 *        their factory was given.
 *   PI2  `preFilter` may answer "not interested": then Filter of that plugin is skipped in this cycle. A plugin without
 *        `preFilter` is always asked.
 *   PI3  A fault is thrown and ends the cycle as an error; a rejection is returned.
 *   PI4  State that preemption or nominated pods have to imagine changed is cloned first; `addPod` and `removePod` change
 *        the clone in place.
 *   PI5  `sign` promises that verdict and raw score on one node depend on nothing but this text and that node's view, so
 *        that they are asked again only when the node's generation changed. Plugins that look at other nodes have none.
 *   PI6  `wakeOn` names what may turn a rejection round. A plugin that rejects and has no `wakeOn` is woken by everything.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import type { WakeEvent } from './cluster-event.ts'
import type { Cure } from './cure.ts'
import type { Interested, NotInterested, Rejected, Verdict } from './verdict.ts'

export interface Plugin {
  readonly name: string
  /** PI6: EnqueueExtensions. */
  readonly wakeOn?: readonly WakeEvent[]
}

/** May this pod enter the active queue at all? */
export interface PreEnqueuePlugin extends Plugin {
  preEnqueue(pod: Pod): Verdict
}

/** As much of a waiting pod as its order in the queue depends on. */
export interface QueueEntry {
  readonly pod: Pod
  /** Milliseconds; when it last came into the active queue. */
  readonly queuedAt: number
}

export interface QueueSortPlugin extends Plugin {
  less(a: QueueEntry, b: QueueEntry): boolean
}

export interface PreFilterPlugin<S = unknown> extends Plugin {
  /** Learns once a cycle what every node's question needs; may name the only nodes that can fit, or reject the pod for all at once. */
  preFilter(pod: Pod, cluster: ClusterView): Interested<S> | NotInterested | Rejected
  readonly preFilterExtensions?: PreFilterExtensions<S>
}

/** PI4 */
export interface PreFilterExtensions<S = unknown> {
  clone(state: S): S
  addPod(state: S, pod: Pod, added: Pod, here: NodeView): void
  removePod(state: S, pod: Pod, removed: Pod, here: NodeView): void
}

export interface FilterPlugin<S = unknown> extends Plugin {
  /** `state` is what `preFilter` learnt; undefined for a plugin without it. */
  filter(state: S, here: NodeView, pod: Pod): Verdict
  /** PI5 */
  sign?(pod: Pod): string
  /** What would turn this plugin's rejection on this node round. Asked by people only, never in a cycle. */
  cures?(state: S, here: NodeView, pod: Pod): readonly Cure[]
}

export interface NodeRejection extends Rejected {
  /** Name of the plugin (or extender) that rejected the node. */
  readonly plugin: string
}

/** All filters of one cycle with their states, as PostFilter may play with them on imagined nodes. */
export interface CycleFilters {
  /** A copy whose states may be changed without touching the cycle's own. */
  clone(): CycleFilters
  /** Tells every plugin that the pod is imagined on (or gone from) the node. The view must have been changed already. */
  addPod(added: Pod, here: NodeView): void
  removePod(removed: Pod, here: NodeView): void
  /** The first rejection, with pods of equal or higher priority that are nominated to the node counted as if they ran there. */
  verdictOn(here: NodeView): NodeRejection | null
}

export interface FilterOutcome {
  readonly filters: CycleFilters
  /** By node name. Nodes outside PreFilter's set are not listed and count as `others` says. */
  readonly rejections: ReadonlyMap<string, NodeRejection>
  readonly others: NodeRejection | null
  /** Set when PreFilter rejected the pod before any node was asked. */
  readonly beforeNodes: NodeRejection | null
}

export interface PostFilterAnswer {
  /** `resolved` ends PostFilter and means that the pod may soon fit. */
  readonly kind: 'resolved' | 'rejected' | 'not-concerned'
  /** Appended to the FailedScheduling message. */
  readonly message: string
  /** The node to write into status.nominatedNodeName; null takes a written one away; absent leaves it. */
  readonly nominate?: string | null
  /** For inspection: made when somebody looks. */
  readonly details?: () => unknown
  /** No other PostFilter plugin is asked. */
  readonly ends?: true
}

/** The pod fits nowhere: can something be done about it? */
export interface PostFilterPlugin<S = unknown> extends Plugin {
  postFilter(pod: Pod, cluster: ClusterView, outcome: FilterOutcome, state: S | undefined, signal: AbortSignal): PostFilterAnswer | Promise<PostFilterAnswer>
}

export interface PreScorePlugin<S = unknown, F = unknown> extends Plugin {
  /** `filterState` is what the same plugin's `preFilter` learnt, undefined when it was not interested. */
  preScore(pod: Pod, cluster: ClusterView, nodes: readonly NodeView[], filterState: F | undefined): S | NotInterested
}

export interface ScorePlugin<S = unknown> extends Plugin {
  /** `state` is what `preScore` learnt; undefined for a plugin without it. After normalising 0..100. */
  score(state: S, here: NodeView, pod: Pod): number
  normalizeScore?(scores: Float64Array, state: S, nodes: readonly NodeView[]): void
  /** PI5 */
  sign?(pod: Pod): string
}

export interface ReservePlugin<S = unknown> extends Plugin {
  /** Takes what the pod will use on the node, in memory. `state` is what `preFilter` learnt, undefined when it was not interested. */
  reserve(state: S | undefined, pod: Pod, nodeName: string): Verdict
  /** Gives it back; called for every Reserve plugin in reverse order when anything after Reserve failed. Must not throw and may come without `reserve`. */
  unreserve(state: S | undefined, pod: Pod, nodeName: string): void | Promise<void>
}

export type PermitAnswer = { readonly kind: 'approve' } | { readonly kind: 'wait'; readonly timeoutMs: number } | { readonly kind: 'reject'; readonly rejection: Rejected }

/** May it be bound now? `wait` holds the pod, reserved as it is, until everyone who said so allows it. */
export interface PermitPlugin<S = unknown> extends Plugin {
  permit(state: S | undefined, pod: Pod, nodeName: string): PermitAnswer
}

export interface PreBindPlugin<S = unknown> extends Plugin {
  /** Whether `preBind` will have anything to do; then the pod's nominatedNodeName tells the others early where it is going. */
  preBindPreFlight(state: S | undefined, pod: Pod, nodeName: string): boolean
  preBind(state: S | undefined, pod: Pod, nodeName: string, signal: AbortSignal): Promise<Verdict>
}

export interface BindPlugin extends Plugin {
  bind(pod: Pod, nodeName: string, signal: AbortSignal): Promise<'bound' | NotInterested | Rejected>
}

export interface PostBindPlugin<S = unknown> extends Plugin {
  postBind(state: S | undefined, pod: Pod, nodeName: string): void
}

/** Stretches scores to 0..100 by the largest; `reverse` turns "more is worse" round. Upstream: helper.DefaultNormalizeScore. */
export function normalizeByLargest(scores: Float64Array, reverse: boolean): void {
  let largest = 0
  for (const score of scores) if (score > largest) largest = score
  for (let index = 0; index < scores.length; index++) {
    if (largest === 0) scores[index] = reverse ? 100 : 0
    else {
      const stretched = Math.floor((100 * scores[index]!) / largest)
      scores[index] = reverse ? 100 - stretched : stretched
    }
  }
}
