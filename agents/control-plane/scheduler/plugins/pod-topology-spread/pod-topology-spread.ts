/**
 * PodTopologySpread: keeps pods of one kind evenly over the values of a node label.
 *
 *   TS1  Hard constraints (DoNotSchedule): pods matching the selector in this node's domain, plus the pod itself if it
 *        matches, minus the emptiest domain, may not exceed maxSkew. With fewer domains than minDomains the emptiest
 *        counts 0.
 *   TS2  A node without the label is no domain: rejected, and no eviction cures that. A skew is curable.
 *   TS3  Nodes that the pod's own node selection (nodeAffinityPolicy Honor, the default) or, when asked, taints
 *        (nodeTaintsPolicy Honor) exclude are not counted; nor are those that lack one of the keys.
 *   TS4  Soft constraints (ScheduleAnyway) score: count × log(domains + 2) + maxSkew - 1 over the constraints; fewer is
 *        better. By host the pods of the node itself are counted, whatever the policies say.
 *   TS5  A pod without constraints of its own takes the configured defaults. The system's (hostname skew 3, zone skew 5,
 *        soft) count nodes without a zone too; nodes that lack a key of any other constraints score 0.
 *   TS6  Pods on their way out are not counted, nor is anything counted for a selector of everything.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { Cure } from '../../framework/cure.ts'
import type { PodTopologySpreadArgs } from '../../framework/plugin-args.ts'
import type { PluginHandle } from '../../framework/plugin-handle.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../../framework/verdict.ts'
import type { ClusterView } from '../../snapshot/cluster.ts'
import { kindOf } from '../../snapshot/cluster.ts'
import type { DomainsOfKey } from '../../snapshot/node-domains.ts'
import { everyNode, nodeFilterOf } from '../../snapshot/node-filter.ts'
import type { NodeView } from '../../snapshot/node-view.ts'
import type { PodCounter } from '../../snapshot/pod-counters.ts'
import { theNodeItself } from '../../snapshot/pod-counters.ts'
import type { SpreadConstraint } from './spread-constraints.ts'
import { hostname, spreadConstraints } from './spread-constraints.ts'
import { afterNodeChange, afterPodChange } from './spread-hints.ts'

interface Counted {
  readonly constraint: SpreadConstraint
  readonly domains: DomainsOfKey
  readonly counter: PodCounter
  /** Pods that preemption imagines to have come or gone, by domain. */
  readonly changes: Map<string, number>
}

export type SpreadState = readonly Counted[]

interface Weighed {
  readonly constraint: SpreadConstraint
  readonly domains: DomainsOfKey
  readonly counter: PodCounter
  readonly weight: number
}

export interface SpreadScoreState {
  readonly weighed: readonly Weighed[]
  readonly ignored: ReadonlySet<NodeView>
}

const message = "node(s) didn't match pod topology spread constraints"
const noDomain = rejected(`${message} (missing required label)`, false)
const tooSkewed = rejected(message, true)

export function newPodTopologySpread(args: PodTopologySpreadArgs, { cluster: { lookups } }: Pick<PluginHandle, 'cluster'>): PreFilterPlugin<SpreadState> & FilterPlugin<SpreadState> & PreScorePlugin<SpreadScoreState> & ScorePlugin<SpreadScoreState> {
  const hard = (pod: Pod) => spreadConstraints(pod, 'DoNotSchedule', args, lookups)
  return {
    name: 'PodTopologySpread',
    wakeOn: [
      { resource: 'Pod', actions: ['Add', 'UpdatePodLabel', 'UpdatePodToleration', 'Delete'], hint: (pod, before, after) => afterPodChange(pod, hard(pod), before as Pod | undefined, after as Pod | undefined) },
      { resource: 'Node', actions: ['Add', 'Delete', 'UpdateNodeLabel', 'UpdateNodeTaint'], hint: (pod, before, after) => afterNodeChange(hard(pod), before as never, after as never) },
    ],

    preFilter(pod, cluster) {
      const constraints = spreadConstraints(pod, 'DoNotSchedule', args, cluster.lookups)
      return constraints.length === 0 ? notInterested : interested(constraints.map(constraint => ({ constraint, domains: cluster.domains.of(constraint.key), counter: counterOf(constraint, constraints, pod, cluster), changes: new Map<string, number>() })))
    },

    preFilterExtensions: {
      clone: state => state.map(counted => ({ ...counted, changes: new Map(counted.changes) })),
      addPod: (state, _, added, here) => { imagine(state, added, here, 1) },
      removePod: (state, _, removed, here) => { imagine(state, removed, here, -1) },
    },

    filter(state, here) {
      for (const counted of state) {
        const domain = counted.domains.at(here)
        if (domain === undefined) return noDomain // TS2
        if (skewIn(counted, domain) > counted.constraint.maxSkew) return tooSkewed // TS1
      }
      return fits
    },

    preScore(pod, cluster, nodes) {
      const constraints = spreadConstraints(pod, 'ScheduleAnyway', args, cluster.lookups)
      if (constraints.length === 0) return notInterested
      const needsEveryKey = (pod.spec.topologySpreadConstraints ?? []).length > 0 || args.defaultingType !== 'System' // TS5
      const ignored = new Set(needsEveryKey ? nodes.filter(view => constraints.some(({ key }) => cluster.domains.of(key).at(view) === undefined)) : [])
      const weighed = constraints.map(constraint => ({
        constraint,
        domains: cluster.domains.of(constraint.key),
        counter: constraint.key === hostname ? hostCounter(constraint, pod, cluster) : counterOf(constraint, needsEveryKey ? constraints : [], pod, cluster),
        weight: Math.log(sizeOf(constraint, nodes, ignored, cluster) + 2),
      }))
      return { weighed, ignored }
    },

    score({ weighed, ignored }, here) {
      if (ignored.has(here)) return 0
      let sum = 0
      for (const { constraint, domains, counter, weight } of weighed) {
        const domain = domains.at(here)
        if (domain === undefined) continue
        const count = counter.counts.get(constraint.key === hostname ? here.name : domain)
        sum += count * weight + (constraint.maxSkew - 1) // TS4
      }
      return Math.round(sum)
    },

    normalizeScore(scores, { ignored }, nodes) {
      let most = 0
      let least = Number.POSITIVE_INFINITY
      for (const [index, score] of scores.entries()) {
        if (ignored.has(nodes[index]!)) continue
        most = Math.max(most, score)
        least = Math.min(least, score)
      }
      for (const [index, score] of scores.entries()) {
        if (ignored.has(nodes[index]!)) scores[index] = 0
        else scores[index] = most === 0 ? 100 : Math.floor((100 * (most + least - score)) / most)
      }
    },

    cures: (state, here) => state.flatMap((counted): Cure[] => {
      const { key, maxSkew } = counted.constraint
      const domain = counted.domains.at(here)
      if (domain === undefined) return [{ kind: 'node-label', node: here.name, key, operator: 'Exists', values: [] }]
      const surplus = skewIn(counted, domain) - maxSkew
      return surplus > 0 ? [{ kind: 'skew', node: here.name, topologyKey: key, fewerPods: surplus }] : []
    }),
  }
}

/** TS1 */
function skewIn({ constraint, counter: { counts }, changes }: Counted, domain: string): number {
  const emptiest = counts.size < constraint.minDomains ? 0 : counts.lowestWith(changes)
  return counts.get(domain) + (changes.size === 0 ? 0 : (changes.get(domain) ?? 0)) + (constraint.selfMatches ? 1 : 0) - emptiest
}

function imagine(state: SpreadState, moved: Pod, here: NodeView, by: 1 | -1): void {
  for (const { counter, changes } of state) {
    const domain = counter.domainOf(here.node)
    if (domain !== undefined && counter.matcher.matches(kindOf(moved))) changes.set(domain, (changes.get(domain) ?? 0) + by)
  }
}

/** TS3 TS6 */
function counterOf({ key, selector, selectorId, honoursAffinity, honoursTaints }: SpreadConstraint, together: readonly SpreadConstraint[], pod: Pod, { counters }: ClusterView): PodCounter {
  return counters.counter(counters.staying(pod.metadata.namespace ?? '', selector, selectorId), key, nodeFilterOf(pod, { keys: together.map(other => other.key), honoursAffinity, honoursTaints }))
}

function hostCounter({ selector, selectorId }: SpreadConstraint, pod: Pod, { counters }: ClusterView): PodCounter {
  return counters.counter(counters.staying(pod.metadata.namespace ?? '', selector, selectorId), theNodeItself, everyNode)
}

/** How many domains the nodes that may be chosen make up; nodes without the label are one together. */
function sizeOf({ key }: SpreadConstraint, nodes: readonly NodeView[], ignored: ReadonlySet<NodeView>, cluster: ClusterView): number {
  if (key === hostname) return nodes.length - ignored.size
  const ofKey = cluster.domains.of(key)
  const domains = new Set<string>()
  for (const view of nodes) if (!ignored.has(view)) domains.add(ofKey.at(view) ?? '')
  return domains.size
}
