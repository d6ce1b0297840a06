/**
 * One scheduling decision: filters, scores and picks a node for a pod. Pure: nothing is written, the cluster is not
 * changed, chance is handed in for ties. Upstream: schedulePod in pkg/scheduler/schedule_one.go.
 *
 *   SC1  Below 100 nodes every node is looked at; above, enough to find `percentageOfNodesToScore` of them feasible (0 means
 *        max(5, 50 - nodes/125) %), at least 100, starting where the last cycle stopped.
 *   SC2  With one feasible node nothing is scored.
 *   SC3  Scores are normalised per plugin to 0..100, weighted and summed; among the best chance decides.
 *   SC4  A pod nominated to a node is tried there first; if it fits nothing else is looked at.
 *   SC5  When PreFilter named the only nodes that can fit, no other is asked.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Random } from '../../../base/random.ts'
import type { Diagnosis } from '../framework/fit-message.ts'
import type { NodeRejection } from '../framework/plugin.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import { notInterested, rejected } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import type { NominatedOn, Prepared, PreparedFilters } from './cycle-filters.ts'
import { prepareFilters } from './cycle-filters.ts'

export interface NodeScore {
  readonly node: string
  readonly total: number
  /** By plugin: raw, normalised, weighted. */
  readonly parts: Readonly<Record<string, { readonly raw: number; readonly normalised: number; readonly weighted: number }>>
}

interface Looked {
  readonly filters: PreparedFilters
  readonly rejections: ReadonlyMap<string, NodeRejection>
  /** How many nodes were asked; the next cycle starts after them. */
  readonly asked: number
}

export type Decision =
  | Looked & { readonly node: string; readonly feasible: readonly string[]; readonly scores: readonly NodeScore[] }
  | Looked & { readonly node: null; readonly rejectedBy: ReadonlySet<string>; readonly pendingBy: ReadonlySet<string>; readonly others: NodeRejection | null; readonly diagnosis: Diagnosis }

export interface CycleOptions {
  readonly plugins: PluginSet
  readonly random: Random
  readonly nominatedOn?: NominatedOn
  /** Index of the node to begin with (SC1). */
  readonly startAt?: number
  readonly percentageOfNodesToScore?: number
}

const fewNodes = 100
const nobody: NominatedOn = () => []

/** SC1: how many feasible nodes are enough. Upstream: numFeasibleNodesToFind. */
export function nodesToFind(total: number, percentage = 0): number {
  if (total < fewNodes) return total
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(total / 125))
  return Math.max(fewNodes, Math.floor((total * share) / 100))
}

export function schedulePod(pod: Pod, cluster: ClusterView, options: CycleOptions): Decision {
  const prepared = prepareFilters(pod, cluster, options.plugins, options.nominatedOn ?? nobody)
  const total = cluster.nodes.length
  if (prepared.rejection !== null) {
    const { filters, rejection, narrowedBy } = prepared
    const diagnosis: Diagnosis = { totalNodes: total, byNode: new Map(), others: rejection, beforeNodes: rejection.reasons.join(', ') }
    return { node: null, ...blame([rejection], narrowedBy), filters, rejections: new Map(), asked: 0, others: rejection, diagnosis }
  }
  const { feasible, rejections, asked } = findFeasible(pod, cluster, prepared, options)
  const looked: Looked = { filters: prepared.filters, rejections, asked }
  if (feasible.length === 0) {
    const others = prepared.nodes === null ? null : { ...rejected(`node(s) didn't satisfy plugin(s) [${prepared.narrowedBy.join(' ')}]`, false), plugin: prepared.narrowedBy.at(-1)! }
    return { node: null, ...looked, ...blame(rejections.values(), prepared.narrowedBy), others, diagnosis: { totalNodes: total, byNode: rejections, others, beforeNodes: null } }
  }
  const names = feasible.map(view => view.name)
  if (feasible.length === 1) return { node: names[0]!, ...looked, feasible: names, scores: [] } // SC2
  const scores = scoreNodes(pod, cluster, feasible, options.plugins, prepared.filters)
  return { node: pick(scores, options.random), ...looked, feasible: names, scores }
}

/** Who has to hear of changes before the pod is tried again. */
function blame(rejections: Iterable<NodeRejection>, narrowedBy: readonly string[]): { rejectedBy: ReadonlySet<string>; pendingBy: ReadonlySet<string> } {
  const rejectedBy = new Set(narrowedBy)
  const pendingBy = new Set<string>()
  for (const { plugin, pending } of rejections) (pending === true ? pendingBy : rejectedBy).add(plugin)
  return { rejectedBy, pendingBy }
}

function findFeasible(pod: Pod, cluster: ClusterView, prepared: Prepared, options: CycleOptions): { feasible: NodeView[]; rejections: Map<string, NodeRejection>; asked: number } {
  const rejections = new Map<string, NodeRejection>()
  const nominated = cluster.node(pod.status.nominatedNodeName ?? '')
  if (nominated !== undefined && prepared.filters.verdictOn(nominated) === null) return { feasible: [nominated], rejections, asked: 0 } // SC4
  const feasible: NodeView[] = []
  const nodes = prepared.nodes === null ? cluster.nodes : [...prepared.nodes].flatMap(name => cluster.node(name) ?? []) // SC5
  const enough = nodesToFind(nodes.length, options.percentageOfNodesToScore)
  const startAt = options.startAt ?? 0
  let asked = 0
  for (; asked < nodes.length && feasible.length < enough; asked++) {
    const view = nodes[(startAt + asked) % nodes.length]!
    const rejection = prepared.filters.verdictOn(view)
    if (rejection === null) feasible.push(view)
    else rejections.set(view.name, rejection)
  }
  return { feasible, rejections, asked }
}

function scoreNodes(pod: Pod, cluster: ClusterView, nodes: readonly NodeView[], plugins: PluginSet, filters: PreparedFilters): NodeScore[] {
  const totals = nodes.map(() => 0)
  const parts: Record<string, { raw: number; normalised: number; weighted: number }>[] = nodes.map(() => ({}))
  const states = new Map(plugins.preScore.map(plugin => [plugin.name, plugin.preScore(pod, cluster, nodes, filters.stateOf(plugin))]))
  for (const { plugin, weight } of plugins.score) {
    const state = states.get(plugin.name)
    if (state === notInterested) continue
    const raw = nodes.map(node => plugin.score(state, node, pod))
    const normalised = [...raw]
    plugin.normalizeScore?.(normalised, state, nodes)
    for (let index = 0; index < nodes.length; index++) {
      const weighted = normalised[index]! * weight
      totals[index]! += weighted
      parts[index]![plugin.name] = { raw: raw[index]!, normalised: normalised[index]!, weighted }
    }
  }
  return nodes.map((node, index) => ({ node: node.name, total: totals[index]!, parts: parts[index]! }))
}

/** SC3 */
function pick(scores: readonly NodeScore[], random: Random): string {
  const best = Math.max(...scores.map(score => score.total))
  const ties = scores.filter(score => score.total === best)
  return ties[Math.floor(random.next() * ties.length)]!.node
}
