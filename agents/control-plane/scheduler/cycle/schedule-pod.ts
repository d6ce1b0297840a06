/**
 * One scheduling decision: filters, scores and picks a node for a pod. Pure: nothing is written, the cluster is not
 * changed, chance is handed in for ties.
 *
 *   SC1  Below 100 nodes every node is looked at; above, enough to find percentage = max(5, 50 - nodes/125) % of them
 *        feasible (at least 100), starting where the last cycle stopped.
 *   SC2  Filters run in profile order and stop at a node's first rejection.
 *   SC3  With one feasible node nothing is scored.
 *   SC4  Scores are normalised per plugin to 0..100, weighted and summed; among the best chance decides.
 *   SC5  A pod nominated to a node is tried there first.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Random } from '../../../base/random.ts'
import type { Diagnosis } from '../framework/fit-message.ts'
import type { FilterPlugin, PluginSet } from '../framework/plugin.ts'
import { isRejected } from '../framework/plugin.ts'
import type { Rejected } from '../framework/verdict.ts'
import { fits, notInterested } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'

export interface PreparedFilter {
  readonly plugin: FilterPlugin
  readonly state: unknown
}

export interface NodeScore {
  readonly node: string
  readonly total: number
  /** By plugin: raw, normalised, weighted. */
  readonly parts: Readonly<Record<string, { readonly raw: number; readonly normalised: number; readonly weighted: number }>>
}

export interface NodeRejection extends Rejected {
  readonly plugin: string
}

export type Decision =
  | { readonly node: string; readonly feasible: readonly string[]; readonly rejections: ReadonlyMap<string, NodeRejection>; readonly scores: readonly NodeScore[] }
  | { readonly node: null; readonly rejectedBy: ReadonlySet<string>; readonly rejections: ReadonlyMap<string, NodeRejection>; readonly diagnosis: Diagnosis; readonly prepared: readonly PreparedFilter[] }

export interface CycleOptions {
  readonly plugins: PluginSet
  readonly random: Random
  /** Index of the node to begin with (SC1). */
  readonly startAt?: number
}

const fewNodes = 100

export function nodesToFind(total: number): number {
  if (total < fewNodes) return total
  const percentage = Math.max(5, 50 - Math.floor(total / 125))
  return Math.max(fewNodes, Math.floor((total * percentage) / 100)) // SC1
}

export function schedulePod(pod: Pod, cluster: ClusterView, options: CycleOptions): Decision {
  const total = cluster.nodes.length
  const prepared: PreparedFilter[] = []
  for (const plugin of options.plugins.filters) {
    const state = plugin.prepareFilter(pod, cluster)
    if (state === notInterested) continue
    if (isRejected(state)) {
      const diagnosis: Diagnosis = { totalNodes: total, byNode: new Map(), beforeNodes: state.reasons.join(', '), preemption: '' }
      return { node: null, rejectedBy: new Set([plugin.name]), rejections: new Map(), diagnosis, prepared }
    }
    prepared.push({ plugin, state })
  }

  const { feasible, rejections } = findFeasible(pod, cluster, prepared, options.startAt ?? 0)
  if (feasible.length === 0) {
    const rejectedBy = new Set([...rejections.values()].map(rejection => rejection.plugin))
    return { node: null, rejectedBy: total === 0 ? new Set(['NodeName']) : rejectedBy, rejections, diagnosis: { totalNodes: total, byNode: rejections, beforeNodes: null, preemption: '' }, prepared }
  }
  const names = feasible.map(view => view.name)
  if (feasible.length === 1) return { node: names[0]!, feasible: names, rejections, scores: [] } // SC3
  const scores = scoreNodes(pod, cluster, feasible, options.plugins)
  const best = Math.max(...scores.map(score => score.total))
  const ties = scores.filter(score => score.total === best)
  return { node: ties[Math.floor(options.random.next() * ties.length)]!.node, feasible: names, rejections, scores } // SC4
}

export function verdictOn(pod: Pod, here: NodeView, prepared: readonly PreparedFilter[]): NodeRejection | typeof fits {
  for (const { plugin, state } of prepared) {
    const verdict = plugin.filter(state, here, pod)
    if (!verdict.fits) return { ...verdict, plugin: plugin.name } // SC2
  }
  return fits
}

function findFeasible(pod: Pod, cluster: ClusterView, prepared: readonly PreparedFilter[], startAt: number): { feasible: NodeView[]; rejections: Map<string, NodeRejection> } {
  const rejections = new Map<string, NodeRejection>()
  const nominated = cluster.node(pod.status.nominatedNodeName ?? '')
  if (nominated !== undefined && verdictOn(pod, nominated, prepared).fits) return { feasible: [nominated], rejections } // SC5
  const feasible: NodeView[] = []
  const { nodes } = cluster
  const enough = nodesToFind(nodes.length)
  for (let index = 0; index < nodes.length && feasible.length < enough; index++) {
    const view = nodes[(startAt + index) % nodes.length]!
    const verdict = verdictOn(pod, view, prepared)
    if (verdict.fits) feasible.push(view)
    else rejections.set(view.name, verdict)
  }
  return { feasible, rejections }
}

function scoreNodes(pod: Pod, cluster: ClusterView, nodes: readonly NodeView[], plugins: PluginSet): NodeScore[] {
  const totals = nodes.map(() => 0)
  const parts: Record<string, { raw: number; normalised: number; weighted: number }>[] = nodes.map(() => ({}))
  for (const { plugin, weight } of plugins.scores) {
    const state = plugin.prepareScore(pod, cluster, nodes)
    if (state === notInterested) continue
    const raw = nodes.map(node => plugin.score(state, node, pod))
    const normalised = [...raw]
    plugin.normalise?.(normalised, state, nodes)
    for (let index = 0; index < nodes.length; index++) {
      const weighted = normalised[index]! * weight
      totals[index]! += weighted
      parts[index]![plugin.name] = { raw: raw[index]!, normalised: normalised[index]!, weighted }
    }
  }
  return nodes.map((node, index) => ({ node: node.name, total: totals[index]!, parts: parts[index]! }))
}
