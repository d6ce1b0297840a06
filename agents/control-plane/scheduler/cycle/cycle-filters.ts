/**
 * The Filter plugins of one cycle with what PreFilter taught them. Pure.
 *
 *   CF1  PreFilter plugins are asked in order. A rejection that eviction cannot cure ends it; after one that it can cure the
 *        others are still asked, because preemption will want to know. The node sets they name are intersected; an empty
 *        intersection rejects the pod for all nodes.
 *   CF2  Filters run in profile order and stop at a node's first rejection. Plugins that were not interested are left out.
 *   CF3  Pods of equal or higher priority that are nominated to a node are counted as if they ran there; the pod has to fit
 *        with them and, because they may go elsewhere, without them too. Upstream: RunFilterPluginsWithNominatedPods.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { CycleFilters, FilterPlugin, NodeRejection, Plugin, PreFilterExtensions } from '../framework/plugin.ts'
import type { PluginSet } from '../framework/plugin-set.ts'
import { isRejected, notInterested } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import { podFacts } from '../snapshot/pod-facts.ts'

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

export function prepareFilters(pod: Pod, cluster: ClusterView, plugins: PluginSet, nominatedOn: NominatedOn): Prepared {
  const states = new Map<Plugin, unknown>()
  const skipped = new Set<Plugin>()
  const narrowedBy: string[] = []
  let nodes = null as ReadonlySet<string> | null
  let rejection = null as NodeRejection | null
  for (const plugin of plugins.preFilter) {
    const answer = plugin.preFilter(pod, cluster)
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
  const active = skipped.size === 0 ? plugins.filter : plugins.filter.filter(plugin => !skipped.has(plugin))
  return { filters: new PreparedFilters(pod, active, states, nominatedOn), nodes, narrowedBy: narrowedBy.toSorted(), rejection }
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter(name => b.has(name)))
}

function emptySetMessage(narrowedBy: readonly string[]): string {
  return narrowedBy.length === 1 ? `node(s) didn't satisfy plugin ${narrowedBy[0]!}` : `node(s) didn't satisfy plugin(s) [${narrowedBy.join(' ')}] simultaneously`
}

export class PreparedFilters implements CycleFilters {
  readonly #pod: Pod
  readonly #active: readonly FilterPlugin[]
  readonly #states: Map<Plugin, unknown>
  readonly #nominatedOn: NominatedOn

  constructor(pod: Pod, active: readonly FilterPlugin[], states: Map<Plugin, unknown>, nominatedOn: NominatedOn) {
    this.#pod = pod
    this.#active = active
    this.#states = states
    this.#nominatedOn = nominatedOn
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
    const promised = this.#nominatedOn(here.name).filter(other => other.metadata.uid !== this.#pod.metadata.uid && podFacts(other).priority >= podFacts(this.#pod).priority && !here.pods.has(other.metadata.uid))
    if (promised.length > 0) {
      const imagined = here.imagine()
      const filters = this.clone()
      for (const other of promised) {
        imagined.add(other)
        filters.addPod(other, imagined)
      }
      const rejection = filters.#ask(imagined)
      if (rejection !== null) return rejection
    }
    return this.#ask(here)
  }

  #ask(here: NodeView): NodeRejection | null {
    for (const plugin of this.#active) {
      const verdict = plugin.filter(this.#states.get(plugin), here, this.#pod)
      if (!verdict.fits) return { ...verdict, plugin: plugin.name } // CF2
    }
    return null
  }
}

function extensionsOf(plugin: Plugin): PreFilterExtensions | undefined {
  return (plugin as { preFilterExtensions?: PreFilterExtensions }).preFilterExtensions
}
