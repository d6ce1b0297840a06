/**
 * The scores of the feasible nodes, kept by columns so that recording a decision costs nothing until somebody reads it.
 *
 *   SN1  A plugin that was not interested in the pod has no column and adds nothing.
 *   SN2  Total = sum over the columns of normalised score times weight.
 *   SN3  Among the nodes with the best total chance decides.
 *   SN5  Numbers are put into the smallest array that holds them all exactly: decisions are kept for a while, and what is
 *        kept must not be copied about by every collection of young objects.
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

/** A number for each scored node. */
export type ScoreNumbers = ArrayLike<number>

export interface ScoreColumn {
  readonly plugin: string
  readonly weight: number
  readonly raw: ScoreNumbers
  readonly normalized: ScoreNumbers
}

export interface Scores {
  readonly nodes: readonly Pick<NodeView, 'name'>[]
  readonly columns: readonly ScoreColumn[]
  readonly totals: ScoreNumbers
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
      const numbers = scratch(nodes.length)
      const kept = plugin.sign === undefined ? undefined : keptAnswers(cluster, plugins).to<number>(`score\n${plugin.name} ${plugin.sign(pod)}`) // SN4
      for (let index = 0; index < nodes.length; index++) {
        const node = nodes[index]!
        numbers[index] = kept === undefined ? plugin.score(state, node, pod) : kept.of(node) ?? kept.keep(node, plugin.score(state, node, pod))
      }
      return numbers
    }
    const numbers = timer === undefined ? ask() : timer.run(plugin.name, 'Score', ask)
    timer?.evaluated(plugin.name, 'Score', nodes.length)
    const raw = packed(numbers)
    plugin.normalizeScore?.(numbers, state, nodes)
    const normalized = plugin.normalizeScore === undefined ? raw : packed(numbers)
    columns.push({ plugin: plugin.name, weight, raw, normalized })
  }
  timer?.pointSince('Score', scoringAt)
  return columns
}

/** SN2 */
export function totalScores(nodes: readonly NodeView[], columns: readonly ScoreColumn[]): Scores {
  const totals = scratch(nodes.length).fill(columns.length === 0 ? 1 : 0)
  for (const { normalized, weight } of columns) for (let index = 0; index < totals.length; index++) totals[index]! += normalized[index]! * weight
  return { nodes, columns, totals: packed(totals) }
}

/** SN3: the place of a best node. */
export function pickBest(totals: ScoreNumbers, random: Random): number {
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
  return nodes.map(({ name }, index) => ({
    node: name,
    total: totals[index]!,
    parts: Object.fromEntries(columns.map(({ plugin, weight, raw, normalized }) => [plugin, { raw: raw[index]!, normalized: normalized[index]!, weighted: normalized[index]! * weight }])),
  }))
}

let room = new Float64Array(512)

/** To reckon in; good until it is asked for again. */
function scratch(length: number): Float64Array {
  if (room.length < length) room = new Float64Array(length * 2)
  return room.subarray(0, length)
}

/** SN5 */
export function packed(numbers: Float64Array): Uint8Array | Int32Array | Float64Array {
  let [least, most, isWhole] = [0, 0, true]
  for (const number of numbers) {
    if (number < least) least = number
    else if (number > most) most = number
    isWhole &&= Number.isInteger(number)
  }
  if (!isWhole || least < -0x8000_0000 || most > 0x7fff_ffff) return numbers.slice()
  return least >= 0 && most <= 0xff ? new Uint8Array(numbers) : new Int32Array(numbers)
}
