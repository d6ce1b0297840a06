/**
 * PodTopologySpread: keeps pods of one kind evenly over the values of a node label.
 *
 *   TS1  Hard constraints (DoNotSchedule): pods matching the selector in this node's domain, plus the pod itself if it
 *        matches, minus the emptiest domain, may not exceed maxSkew. With fewer domains than minDomains the emptiest
 *        counts 0.
 *   TS2  A node without the label is no domain: rejected, and no eviction cures that. A skew is curable.
 *   TS3  Nodes that the pod's own node selection (nodeAffinityPolicy Honor, the default) or, when asked,
 *        taints (nodeTaintsPolicy Honor) exclude are not counted.
 *   TS4  Soft constraints (ScheduleAnyway) score: count × log(domains + 2) + maxSkew - 1 over the constraints; fewer is better.
 *   TS5  A pod without constraints of its own, selected by a Service or owned by a workload, is spread softly over
 *        hostnames (skew 3) and zones (skew 5); nodes without the label then count as one more domain.
 *   TS6  matchLabelKeys add the pod's own values of those labels to the selector.
 */
import type { Pod, TopologySpreadConstraint } from '../../../api/groups/core-v1/types.ts'
import type { LabelSelector } from '../../../api/groups/meta-v1/types.ts'
import { matches, selectorOf } from '../../../api/selectors/label-selector.ts'
import type { Selector } from '../../../api/selectors/label-selector.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { matchesNodeSelection } from '../framework/node-selector.ts'
import { toleratesTaint } from '../framework/taints.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'

interface Constraint {
  readonly key: string
  readonly maxSkew: number
  readonly minDomains: number
  readonly selector: Selector
  readonly selfMatches: boolean
  readonly honoursAffinity: boolean
  readonly honoursTaints: boolean
}

export interface SpreadState {
  readonly constraints: readonly Constraint[]
  /** Matching pods by domain, one map a constraint. */
  readonly counts: readonly Map<string, number>[]
}

export interface SpreadScoreState extends SpreadState {
  readonly weights: readonly number[]
  readonly needsEveryKey: boolean
}

const wholeMessage = "node(s) didn't match pod topology spread constraints"

export const podTopologySpread: PreFilterPlugin<SpreadState> & FilterPlugin<SpreadState> & PreScorePlugin<SpreadScoreState> & ScorePlugin<SpreadScoreState> = {
  name: 'PodTopologySpread',
  wakeOn: [{ resource: 'Pod', actions: ['Add', 'UpdatePodLabel', 'Delete'] }, { resource: 'Node', actions: ['Add', 'Delete', 'UpdateNodeLabel', 'UpdateNodeTaint'] }],

  preFilter(pod, cluster) {
    const constraints = (pod.spec.topologySpreadConstraints ?? []).filter(constraint => constraint.whenUnsatisfiable === 'DoNotSchedule').map(constraint => readConstraint(constraint, pod))
    return constraints.length === 0 ? notInterested : interested({ constraints, counts: constraints.map(constraint => countDomains(constraint, constraints, pod, cluster)) })
  },

  filter({ constraints, counts }, here) {
    const labels = here.node.metadata.labels ?? {}
    for (const [index, constraint] of constraints.entries()) {
      const domain = labels[constraint.key]
      if (domain === undefined) return rejected(`${wholeMessage} (missing required label)`, false) // TS2
      const byDomain = counts[index]!
      const emptiest = byDomain.size < constraint.minDomains ? 0 : Math.min(...byDomain.values())
      const skew = (byDomain.get(domain) ?? 0) + (constraint.selfMatches ? 1 : 0) - (byDomain.size === 0 ? 0 : emptiest)
      if (skew > constraint.maxSkew) return rejected(wholeMessage, true) // TS1
    }
    return fits
  },

  preFilterExtensions: {
    clone: ({ constraints, counts }) => ({ constraints, counts: counts.map(byDomain => new Map(byDomain)) }),
    addPod: (state, pod, added, here) => { count(state, pod, added, here, 1) },
    removePod: (state, pod, removed, here) => { count(state, pod, removed, here, -1) },
  },

  preScore(pod, cluster, nodes) {
    const own = (pod.spec.topologySpreadConstraints ?? []).filter(constraint => constraint.whenUnsatisfiable === 'ScheduleAnyway').map(constraint => readConstraint(constraint, pod))
    const needsEveryKey = (pod.spec.topologySpreadConstraints ?? []).length > 0
    const constraints = needsEveryKey ? own : defaultConstraints(pod, cluster) // TS5
    if (constraints.length === 0) return notInterested
    const counts = constraints.map(constraint => countDomains(constraint, needsEveryKey ? constraints : [], pod, cluster))
    const weights = constraints.map(constraint => Math.log(new Set(nodes.map(node => node.node.metadata.labels?.[constraint.key]).filter(domain => domain !== undefined)).size + 2))
    return { constraints, counts, weights, needsEveryKey }
  },

  score({ constraints, counts, weights, needsEveryKey }, here) {
    const labels = here.node.metadata.labels ?? {}
    if (needsEveryKey && constraints.some(constraint => labels[constraint.key] === undefined)) return Number.NaN
    let sum = 0
    for (const [index, constraint] of constraints.entries()) {
      const domain = labels[constraint.key]
      if (domain !== undefined) sum += (counts[index]!.get(domain) ?? 0) * weights[index]! + constraint.maxSkew - 1 // TS4
    }
    return Math.round(sum)
  },

  normalizeScore(scores) {
    const counted = scores.filter(score => !Number.isNaN(score))
    const most = Math.max(0, ...counted)
    const least = counted.length === 0 ? 0 : Math.min(...counted)
    for (let index = 0; index < scores.length; index++) {
      if (Number.isNaN(scores[index])) scores[index] = 0
      else scores[index] = most === 0 ? 100 : Math.floor((100 * (most + least - scores[index]!)) / most)
    }
  },
}

function count({ constraints, counts }: SpreadState, pod: Pod, moved: Pod, here: NodeView, by: 1 | -1): void {
  if (moved.metadata.namespace !== pod.metadata.namespace) return
  const labels = here.node.metadata.labels ?? {}
  for (const [index, { key, selector }] of constraints.entries()) {
    const domain = labels[key]
    if (domain !== undefined && matches(selector, moved.metadata.labels ?? {})) counts[index]!.set(domain, (counts[index]!.get(domain) ?? 0) + by)
  }
}

function readConstraint(constraint: TopologySpreadConstraint, pod: Pod): Constraint {
  const labels = pod.metadata.labels ?? {}
  const fromKeys = (constraint.matchLabelKeys ?? []).filter(key => labels[key] !== undefined).map(key => ({ key, operator: 'In', values: [labels[key]!] })) // TS6
  const selector: LabelSelector = { ...constraint.labelSelector, matchExpressions: [...(constraint.labelSelector?.matchExpressions ?? []), ...fromKeys] }
  const compiled = selectorOf(constraint.labelSelector === undefined ? undefined : selector)
  return {
    key: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? 1,
    selector: compiled,
    selfMatches: matches(compiled, labels),
    honoursAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honoursTaints: constraint.nodeTaintsPolicy === 'Honor',
  }
}

/** TS5: the selectors of everything that owns or selects the pod, merged; none means no default spreading. */
function defaultConstraints(pod: Pod, { lookups }: ClusterView): Constraint[] {
  const namespace = pod.metadata.namespace ?? ''
  const labels = pod.metadata.labels ?? {}
  const owner = (pod.metadata.ownerReferences ?? []).find(reference => reference.controller === true)
  const merged: LabelSelector = { matchLabels: {}, matchExpressions: [] }
  const merge = (selector: LabelSelector | undefined) => {
    Object.assign(merged.matchLabels!, selector?.matchLabels)
    merged.matchExpressions!.push(...(selector?.matchExpressions ?? []))
  }
  for (const service of lookups.services(namespace)) {
    const selector = service.spec.selector ?? {}
    if (Object.keys(selector).length > 0 && Object.entries(selector).every(([key, value]) => labels[key] === value)) merge({ matchLabels: selector })
  }
  if (owner?.kind === 'ReplicaSet') merge(lookups.replicaSets(namespace).find(set => set.metadata.uid === owner.uid)?.spec.selector)
  if (owner?.kind === 'StatefulSet') merge(lookups.statefulSets(namespace).find(set => set.metadata.uid === owner.uid)?.spec.selector)
  if (owner?.kind === 'ReplicationController') merge({ matchLabels: lookups.replicationControllers(namespace).find(set => set.metadata.uid === owner.uid)?.spec.selector ?? {} })
  if (Object.keys(merged.matchLabels!).length === 0 && merged.matchExpressions!.length === 0) return []
  const selector = selectorOf(merged)
  const base = { selector, selfMatches: matches(selector, labels), minDomains: 1, honoursAffinity: true, honoursTaints: false }
  return [{ ...base, key: 'kubernetes.io/hostname', maxSkew: 3 }, { ...base, key: 'topology.kubernetes.io/zone', maxSkew: 5 }]
}

function countDomains(constraint: Constraint, together: readonly Constraint[], pod: Pod, cluster: ClusterView): Map<string, number> {
  const counts = new Map<string, number>()
  for (const view of cluster.nodes) {
    const labels = view.node.metadata.labels ?? {}
    const domain = labels[constraint.key]
    if (domain === undefined || together.some(other => labels[other.key] === undefined)) continue
    if (!isCounted(constraint, pod, view)) continue
    let count = 0
    for (const other of view.pods.values()) {
      if (other.metadata.namespace === pod.metadata.namespace && other.metadata.deletionTimestamp === undefined && matches(constraint.selector, other.metadata.labels ?? {})) count++
    }
    counts.set(domain, (counts.get(domain) ?? 0) + count)
  }
  return counts
}

/** TS3 */
function isCounted(constraint: Constraint, pod: Pod, view: NodeView): boolean {
  if (constraint.honoursAffinity && !matchesNodeSelection(pod, view.node)) return false
  if (!constraint.honoursTaints) return true
  return !(view.node.spec.taints ?? []).some(taint => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !toleratesTaint(pod, taint))
}
