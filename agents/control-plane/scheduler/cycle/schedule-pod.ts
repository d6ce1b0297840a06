/**
 * One scheduling decision: filters, scores and picks a node for a pod. Pure: nothing is written, the cluster is not
 * changed, chance is handed in for ties. Upstream: schedulePod in pkg/scheduler/schedule_one.go.
 *
 *   SC1  Below 100 nodes every node is looked at; above, enough to find `percentageOfNodesToScore` of them feasible (0 means
 *        max(5, 50 - nodes/125) %), at least 100, starting where the last cycle stopped. One is enough when nothing scores.
 *   SC2  With one feasible node nothing is scored.
 *   SC3  Scores are normalised per plugin to 0..100, weighted and summed; among the best chance decides.
 *   SC4  A pod nominated to a node is tried there first; if it fits nothing else is looked at.
 *   SC5  When PreFilter named the only nodes that can fit, no other is asked.
 *
 * Finding nodes and choosing among them are two steps, because extenders are asked over the network between them.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Random } from '../../../base/random.ts'
import type { Diagnosis } from '../framework/fit-message.ts'
import type { NodeRejection } from '../framework/plugin.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import { rejected, tallied } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import type { NominatedOn, Prepared, PreparedFilters } from './cycle-filters.ts'
import { prepareFilters } from './cycle-filters.ts'
import { Rejections } from './rejections.ts'
import { rejectionStatus } from './cycle-timer.ts'
import type { CycleTimer } from './cycle-timer.ts'
import type { ScoreColumn, Scores } from './scores.ts'
import { pickBest, scoreNodes, totalScores } from './scores.ts'

/** What filtering found. */
export interface Looked {
  readonly filters: PreparedFilters
  readonly feasible: readonly NodeView[]
  readonly rejections: ReadonlyMap<string, NodeRejection>
  /** The rejection of every node that was not asked, when PreFilter excluded it. */
  readonly others: NodeRejection | null
  /** Set when PreFilter rejected the pod for all nodes at once. */
  readonly beforeNodes: NodeRejection | null
  readonly narrowedBy: readonly string[]
  /** How many nodes were asked; the next cycle starts after them. */
  readonly asked: number
  readonly totalNodes: number
}

export interface Chosen extends Looked {
  readonly node: string
  /** Null when there was only one feasible node (SC2). */
  readonly scores: Scores | null
}

export interface Unplaced extends Looked {
  readonly node: null
  readonly rejectedBy: ReadonlySet<string>
  readonly pendingBy: ReadonlySet<string>
  readonly diagnosis: Diagnosis
}

export type Decision = Chosen | Unplaced

export interface CycleOptions {
  readonly plugins: PluginSet
  readonly random: Random
  readonly nominatedOn?: NominatedOn
  /** Index of the node to begin with (SC1). */
  readonly startAt?: number
  readonly percentageOfNodesToScore?: number
  /** Extenders that filter will see the nodes: one feasible node is then not enough. */
  readonly hasExtenderFilters?: boolean
  readonly timer?: CycleTimer
}

const fewNodes = 100
const nobody: NominatedOn = () => []

/** SC1: how many feasible nodes are enough. Upstream: numFeasibleNodesToFind. */
export function nodesToFind(total: number, percentage = 0): number {
  if (total < fewNodes) return total
  const share = percentage > 0 ? percentage : Math.max(5, 50 - Math.floor(total / 125))
  return Math.max(fewNodes, Math.floor((total * share) / 100))
}

/** Both steps, without extenders. */
export function schedulePod(pod: Pod, cluster: ClusterView, options: CycleOptions): Decision {
  return chooseNode(pod, cluster, findNodes(pod, cluster, options), options)
}

export function findNodes(pod: Pod, cluster: ClusterView, options: CycleOptions): Looked {
  const { timer } = options
  const prepared = prepareFilters(pod, cluster, options.plugins, options.nominatedOn ?? nobody, timer)
  const { filters, narrowedBy, rejection } = prepared
  const totalNodes = cluster.nodes.length
  if (rejection !== null) return { filters, narrowedBy, feasible: [], rejections: new Map(), others: rejection, beforeNodes: rejection, asked: 0, totalNodes }
  const startedAt = timer?.now() ?? 0
  const found = askNodes(pod, cluster, prepared, options)
  timer?.pointSince('Filter', startedAt)
  filters.reportEvaluations(timer)
  const others = prepared.nodes === null ? null : { ...rejected(`node(s) didn't satisfy plugin(s) [${narrowedBy.join(' ')}]`, false), plugin: narrowedBy.at(-1)! }
  return { filters, narrowedBy, ...found, others, beforeNodes: null, totalNodes }
}

/** `extra` are the columns of extenders that prioritize. */
export function chooseNode(pod: Pod, cluster: ClusterView, looked: Looked, options: CycleOptions, extra: readonly ScoreColumn[] = []): Decision {
  const { feasible, filters } = looked
  if (feasible.length === 0) return unplaced(looked)
  if (feasible.length === 1) return { ...looked, node: feasible[0]!.name, scores: null } // SC2
  const columns = scoreNodes(pod, cluster, feasible, options.plugins, filters, options.timer)
  const scores = totalScores(feasible, [...columns, ...extra])
  return { ...looked, node: feasible[pickBest(scores.totals, options.random)]!.name, scores } // SC3
}

function unplaced(looked: Looked): Unplaced {
  const { rejections, others, beforeNodes, narrowedBy, totalNodes } = looked
  const rejectedBy = new Set(narrowedBy)
  const pendingBy = new Set<string>()
  for (const { plugin, pending } of beforeNodes === null ? tallied(rejections.values()).keys() : [beforeNodes]) (pending === true ? pendingBy : rejectedBy).add(plugin)
  return { ...looked, node: null, rejectedBy, pendingBy, diagnosis: { totalNodes, byNode: rejections, others, beforeNodes: beforeNodes === null ? null : beforeNodes.reasons.join(', ') } }
}

function askNodes(pod: Pod, cluster: ClusterView, prepared: Prepared, options: CycleOptions): { feasible: NodeView[]; rejections: Rejections; asked: number } {
  const rejections = new Rejections()
  const nominated = cluster.node(pod.status.nominatedNodeName ?? '')
  if (nominated !== undefined && prepared.filters.verdictOn(nominated) === null) return { feasible: [nominated], rejections, asked: 0 } // SC4
  const feasible: NodeView[] = []
  const nodes = prepared.nodes === null ? cluster.nodes : [...prepared.nodes].flatMap(name => cluster.node(name) ?? []) // SC5
  const scoresNothing = options.plugins.score.length === 0 && options.hasExtenderFilters !== true
  const enough = scoresNothing ? 1 : nodesToFind(nodes.length, options.percentageOfNodesToScore)
  let index = (options.startAt ?? 0) % Math.max(1, nodes.length)
  let asked = 0
  for (; asked < nodes.length && feasible.length < enough; asked++) {
    const view = nodes[index]!
    index = index + 1 === nodes.length ? 0 : index + 1
    const rejection = prepared.filters.verdictOn(view)
    if (rejection === null) feasible.push(view)
    else rejections.add(view.name, rejection)
  }
  return { feasible, rejections, asked }
}

export function decisionStatus(decision: Decision): string {
  if (decision.node !== null) return 'Success'
  return decision.beforeNodes === null ? 'Unschedulable' : rejectionStatus(decision.beforeNodes)
}
