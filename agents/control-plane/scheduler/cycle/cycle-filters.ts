/**
 * The Filter plugins of one cycle with what PreFilter taught them. Pure.
 *
 *   CF1  PreFilter plugins are asked in order. A rejection that eviction cannot cure ends it; after one that it can cure the
 *        others are still asked, because preemption will want to know. The node sets they name are intersected; an empty
 *        intersection rejects the pod for all nodes.
 *   CF2  Filters run in profile order and stop at a node's first rejection. Plugins that were not interested are left out.
 *   CF3  Pods of equal or higher priority that are nominated to a node are counted as if they ran there; the pod has to fit
 *        with them and, because they may go elsewhere, without them too. Upstream: RunFilterPluginsWithNominatedPods.
 *   CF4  Verdicts of filters that sign are taken from the last pod that asked the same, for nodes that have not changed.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { CycleFilters, FilterPlugin, NodeRejection, Plugin, PreFilterExtensions } from '../framework/plugin.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import type { Rejected } from '../framework/verdict.ts'
import { isRejected, notInterested } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import { podFacts } from '../snapshot/pod-facts.ts'
import type { AnswersByNode } from './kept-answers.ts'
import { keptAnswers, signedFilters } from './kept-answers.ts'
import type { CycleTimer } from './cycle-timer.ts'
import { rejectionStatus } from './cycle-timer.ts'

/** Pods promised to a node; as much of NominatedPods as filtering needs. */
export type NominatedOn = (nodeName: string) => readonly Pod[]

export interface Prepared {
  readonly filters: PreparedFilters
  /** CF1: the only nodes that can fit, or null for all. */
  readonly nodes: ReadonlySet<string> | null
  /** Names of the plugins that narrowed the nodes, sorted. */
  readonly narrowedBy: readonly string[]
  /** Set when a PreFilter plugin rejected the pod before any node was asked. */
  readonly rejection: NodeRejection | null
}

export function prepareFilters(pod: Pod, cluster: ClusterView, plugins: PluginSet, nominatedOn: NominatedOn, timer?: CycleTimer): Prepared {
  const states = new Map<Plugin, unknown>()
  const skipped = new Set<Plugin>()
  const narrowedBy: string[] = []
  let nodes = null as ReadonlySet<string> | null
  let rejection = null as NodeRejection | null
  const startedAt = timer?.now() ?? 0
  for (const plugin of plugins.preFilter) {
    const ask = () => plugin.preFilter(pod, cluster)
    const answer = timer === undefined ? ask() : timer.run(plugin.name, 'PreFilter', ask)
    timer?.evaluated(plugin.name, 'PreFilter')
    if (answer === notInterested) skipped.add(plugin)
    else if (isRejected(answer)) {
      rejection = { ...answer, plugin: plugin.name }
      if (!answer.curable) break // CF1
    } else {
      states.set(plugin, answer.state)
      if (answer.nodes === undefined) continue
      nodes = nodes === null ? answer.nodes : intersection(nodes, answer.nodes)
      narrowedBy.push(plugin.name)
      if (nodes.size > 0) continue
      rejection = { fits: false, plugin: plugin.name, reasons: [emptySetMessage(narrowedBy.toSorted())], curable: false }
      break
    }
  }
  timer?.pointSince('PreFilter', startedAt, rejection === null ? 'Success' : rejectionStatus(rejection))
  const active = skipped.size === 0 ? plugins.filter : plugins.filter.filter(plugin => !skipped.has(plugin))
  return { filters: new PreparedFilters(pod, active, states, nominatedOn, keptFor(pod, active, cluster, plugins)), nodes, narrowedBy: narrowedBy.toSorted(), rejection }
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter(name => b.has(name)))
}

function emptySetMessage(narrowedBy: readonly string[]): string {
  return narrowedBy.length === 1 ? `node(s) didn't satisfy plugin ${narrowedBy[0]!}` : `node(s) didn't satisfy plugin(s) [${narrowedBy.join(' ')}] simultaneously`
}

/** CF4 */
interface KeptVerdicts {
  readonly verdicts: AnswersByNode<NodeRejection | null>
  /** How many of the first filters they are of. */
  readonly filters: number
}

function keptFor(pod: Pod, active: readonly FilterPlugin[], cluster: ClusterView, plugins: PluginSet): KeptVerdicts {
  const { count, text } = signedFilters(pod, active)
  return { verdicts: keptAnswers(cluster, plugins).to(text), filters: count }
}

export class PreparedFilters implements CycleFilters {
  readonly #pod: Pod
  readonly #active: readonly FilterPlugin[]
  readonly #states: Map<Plugin, unknown>
  readonly #nominatedOn: NominatedOn
  /** The states of the active plugins in their order, for the inner loop. */
  readonly #stateList: readonly unknown[]
  readonly #asked: number[]
  readonly #kept: KeptVerdicts | undefined
  #lastVerdict: Rejected | undefined
  #lastRejection: NodeRejection | undefined

  constructor(pod: Pod, active: readonly FilterPlugin[], states: Map<Plugin, unknown>, nominatedOn: NominatedOn, kept?: KeptVerdicts) {
    this.#pod = pod
    this.#kept = kept
    this.#active = active
    this.#states = states
    this.#nominatedOn = nominatedOn
    this.#stateList = active.map(plugin => states.get(plugin))
    this.#asked = active.map(() => 0)
  }

  get active(): readonly FilterPlugin[] {
    return this.#active
  }

  /** What the plugin's PreFilter learnt; undefined when it was not interested. */
  stateOf(plugin: Plugin): unknown {
    return this.#states.get(plugin)
  }

  clone(): PreparedFilters {
    const states = new Map(this.#states)
    for (const plugin of this.#active) {
      const extensions = extensionsOf(plugin)
      if (extensions !== undefined) states.set(plugin, extensions.clone(states.get(plugin)))
    }
    return new PreparedFilters(this.#pod, this.#active, states, this.#nominatedOn)
  }

  addPod(added: Pod, here: NodeView): void {
    for (const plugin of this.#active) extensionsOf(plugin)?.addPod(this.#states.get(plugin), this.#pod, added, here)
  }

  removePod(removed: Pod, here: NodeView): void {
    for (const plugin of this.#active) extensionsOf(plugin)?.removePod(this.#states.get(plugin), this.#pod, removed, here)
  }

  /** CF3 */
  verdictOn(here: NodeView): NodeRejection | null {
    const promised = this.#nominatedOn(here.name)
    if (promised.length > 0) {
      const rejection = this.#verdictWith(promised, here)
      if (rejection !== null) return rejection
    }
    if (this.#kept === undefined) return this.#ask(here, 0, this.#active.length)
    const { verdicts, filters } = this.#kept
    const kept = verdicts.of(here) // CF4
    const rejection = kept === undefined ? verdicts.keep(here, this.#ask(here, 0, filters)) : kept
    return rejection ?? this.#ask(here, filters, this.#active.length)
  }

  /** Tells how often each filter was asked since the last time. */
  reportEvaluations(timer: CycleTimer | undefined): void {
    if (timer !== undefined) for (let index = 0; index < this.#active.length; index++) if (this.#asked[index]! > 0) timer.evaluated(this.#active[index]!.name, 'Filter', this.#asked[index]!)
    this.#asked.fill(0)
  }

  #verdictWith(promised: readonly Pod[], here: NodeView): NodeRejection | null {
    const { uid } = this.#pod.metadata
    const { priority } = podFacts(this.#pod)
    const counted = promised.filter(other => other.metadata.uid !== uid && podFacts(other).priority >= priority && !here.pods.has(other.metadata.uid))
    if (counted.length === 0) return null
    const imagined = here.imagine()
    const filters = this.clone()
    for (const other of counted) {
      imagined.add(other)
      filters.addPod(other, imagined)
    }
    return filters.#ask(imagined, 0, filters.#active.length)
  }

  #ask(here: NodeView, from: number, to: number): NodeRejection | null {
    for (let index = from; index < to; index++) {
      const plugin = this.#active[index]!
      this.#asked[index]! += 1
      const verdict = plugin.filter(this.#stateList[index], here, this.#pod)
      if (!verdict.fits) return this.#rejectionBy(plugin.name, verdict) // CF2
    }
    return null
  }

  /** Plugins mostly answer with one and the same object: it is named once. */
  #rejectionBy(plugin: string, verdict: Rejected): NodeRejection {
    if (this.#lastVerdict !== verdict || this.#lastRejection?.plugin !== plugin) {
      this.#lastVerdict = verdict
      this.#lastRejection = { ...verdict, plugin }
    }
    return this.#lastRejection
  }
}

function extensionsOf(plugin: Plugin): PreFilterExtensions | undefined {
  return (plugin as { preFilterExtensions?: PreFilterExtensions }).preFilterExtensions
}
