/**
 * The scores of the feasible nodes, kept by columns so that recording a decision costs nothing until somebody reads it.
 *
 *   SN1  A plugin that was not interested in the pod has no column and adds nothing.
 *   SN2  Total = sum over the columns of normalised score times weight.
 *   SN3  Among the nodes with the best total chance decides.
 *   SN4  Raw scores of plugins that sign are taken from the last pod that asked the same, for nodes that have not changed.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { Random } from '../../../base/random.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import { notInterested } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import type { PreparedFilters } from './cycle-filters.ts'
import type { CycleTimer } from './cycle-timer.ts'
import { keptAnswers } from './kept-answers.ts'

export interface ScoreColumn {
  readonly plugin: string
  readonly weight: number
  readonly raw: readonly number[]
  readonly normalized: readonly number[]
}

export interface Scores {
  /** Names of the scored nodes; a column has a number for each. */
  readonly nodes: readonly string[]
  readonly columns: readonly ScoreColumn[]
  readonly totals: readonly number[]
}

/** One node's scores, for people. */
export interface NodeScore {
  readonly node: string
  readonly total: number
  readonly parts: Readonly<Record<string, { readonly raw: number; readonly normalized: number; readonly weighted: number }>>
}

export function scoreNodes(pod: Pod, cluster: ClusterView, nodes: readonly NodeView[], plugins: PluginSet, filters: PreparedFilters, timer: CycleTimer | undefined): ScoreColumn[] {
  const startedAt = timer?.now() ?? 0
  const states = new Map<string, unknown>()
  for (const plugin of plugins.preScore) {
    const ask = () => plugin.preScore(pod, cluster, nodes, filters.stateOf(plugin))
    states.set(plugin.name, timer === undefined ? ask() : timer.run(plugin.name, 'PreScore', ask))
    timer?.evaluated(plugin.name, 'PreScore')
  }
  timer?.pointSince('PreScore', startedAt)
  const scoringAt = timer?.now() ?? 0
  const columns: ScoreColumn[] = []
  for (const { plugin, weight } of plugins.score) {
    const state = states.get(plugin.name)
    if (state === notInterested) continue // SN1
    const ask = () => {
      const raw: number[] = []
      const kept = plugin.sign === undefined ? undefined : keptAnswers(cluster, plugins).to<number>(`score\n${plugin.name} ${plugin.sign(pod)}`) // SN4
      for (const node of nodes) raw.push(kept === undefined ? plugin.score(state, node, pod) : kept.ask(node, () => plugin.score(state, node, pod)))
      return raw
    }
    const raw = timer === undefined ? ask() : timer.run(plugin.name, 'Score', ask)
    timer?.evaluated(plugin.name, 'Score', nodes.length)
    let normalized = raw
    if (plugin.normalizeScore !== undefined) {
      normalized = raw.slice()
      plugin.normalizeScore(normalized, state, nodes)
    }
    columns.push({ plugin: plugin.name, weight, raw, normalized })
  }
  timer?.pointSince('Score', scoringAt)
  return columns
}

/** SN2 */
export function totalScores(nodes: readonly NodeView[], columns: readonly ScoreColumn[]): Scores {
  const totals = new Array<number>(nodes.length).fill(columns.length === 0 ? 1 : 0)
  for (const { normalized, weight } of columns) for (let index = 0; index < totals.length; index++) totals[index]! += normalized[index]! * weight
  return { nodes: nodes.map(node => node.name), columns, totals }
}

/** SN3: the place of a best node. */
export function pickBest(totals: readonly number[], random: Random): number {
  let best = Number.NEGATIVE_INFINITY
  let ties: number[] = []
  for (let index = 0; index < totals.length; index++) {
    const total = totals[index]!
    if (total > best) {
      best = total
      ties = [index]
    } else if (total === best) ties.push(index)
  }
  return ties.length === 1 ? ties[0]! : ties[Math.floor(random.next() * ties.length)]!
}

export function nodeScores({ nodes, columns, totals }: Scores): NodeScore[] {
  return nodes.map((node, index) => ({
    node,
    total: totals[index]!,
    parts: Object.fromEntries(columns.map(({ plugin, weight, raw, normalized }) => [plugin, { raw: raw[index]!, normalized: normalized[index]!, weighted: normalized[index]! * weight }])),
  }))
}
