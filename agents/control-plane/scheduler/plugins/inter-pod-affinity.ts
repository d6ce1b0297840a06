/**
 * InterPodAffinity: pods that want to be near certain pods, or far from them.
 *
 *   IA1  A pod already placed that refuses this pod (required anti-affinity) keeps it out of its domain; eviction cures.
 *   IA2  Required anti-affinity of this pod: no domain that has a matching pod; eviction cures.
 *   IA3  Required affinity: every term needs a matching pod in the domain; eviction does not cure.
 *   IA4  The first of a series: when no pod in the cluster matches, a pod that matches its own terms may start anywhere
 *        the label exists.
 *   IA5  Preferred terms, of this pod and of the pods already there, add or take their weight in each domain; required
 *        affinity of pods already there counts with weight 1.
 *   IA6  A term speaks of the namespaces it names or selects; with neither, of the pod's own.
 */
import type { Pod, PodAffinityTerm } from '../../../api/groups/core-v1/types.ts'
import { matches, selectorOf } from '../../../api/selectors/label-selector.ts'
import type { Selector } from '../../../api/selectors/label-selector.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { ClusterLookups, ClusterView } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'

interface Term {
  readonly key: string
  readonly selector: Selector
  readonly namespaces: ReadonlySet<string>
  readonly namespaceSelector: Selector | undefined
  readonly weight: number
}

export interface AffinityState {
  readonly affinity: readonly Term[]
  readonly antiAffinity: readonly Term[]
  /** key=value -> number of existing pods there whose anti-affinity refuses this pod. */
  readonly refusedIn: Map<string, number>
  /** key=value -> number of existing pods there that match all affinity terms / a given anti-affinity term. */
  readonly wantedIn: Map<string, number>
  readonly avoidedIn: Map<string, number>
  readonly startsSeries: boolean
  readonly lookups: ClusterLookups
}

export const interPodAffinity: PreFilterPlugin<AffinityState> & FilterPlugin<AffinityState> & PreScorePlugin<ReadonlyMap<string, number>> & ScorePlugin<ReadonlyMap<string, number>> = {
  name: 'InterPodAffinity',
  wakeOn: [{ resource: 'Pod', actions: ['Add', 'UpdatePodLabel', 'Delete'] }, { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] }],

  preFilter(pod, cluster) {
    const { lookups } = cluster
    const affinity = readTerms(pod, pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
    const antiAffinity = readTerms(pod, pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)
    const refusedIn = countRefusals(pod, cluster)
    if (affinity.length === 0 && antiAffinity.length === 0 && refusedIn.size === 0) return notInterested
    const wantedIn = new Map<string, number>()
    const avoidedIn = new Map<string, number>()
    if (affinity.length > 0 || antiAffinity.length > 0) {
      for (const view of cluster.nodes) {
        for (const other of view.pods.values()) {
          if (affinity.length > 0 && affinity.every(term => termMatches(term, other, lookups))) for (const term of affinity) bump(wantedIn, domainOf(term, view), 1)
          for (const term of antiAffinity) if (termMatches(term, other, lookups)) bump(avoidedIn, domainOf(term, view), 1)
        }
      }
    }
    const startsSeries = affinity.length > 0 && wantedIn.size === 0 && affinity.every(term => termMatches(term, pod, lookups)) // IA4
    return interested({ affinity, antiAffinity, refusedIn, wantedIn, avoidedIn, startsSeries, lookups })
  },

  filter(state, here) {
    const labels = here.node.metadata.labels ?? {}
    const hasEveryKey = state.affinity.every(term => labels[term.key] !== undefined)
    const satisfied = hasEveryKey && (state.startsSeries || state.affinity.every(term => (state.wantedIn.get(domainOf(term, here)!) ?? 0) > 0))
    if (!satisfied) return rejected("node(s) didn't match pod affinity rules", false) // IA3
    const avoids = state.antiAffinity.some(term => labels[term.key] !== undefined && (state.avoidedIn.get(domainOf(term, here)!) ?? 0) > 0)
    if (avoids) return rejected("node(s) didn't match pod anti-affinity rules", true) // IA2
    for (const [domain, count] of state.refusedIn) {
      const at = domain.indexOf('=')
      if (count > 0 && labels[domain.slice(0, at)] === domain.slice(at + 1)) return rejected("node(s) didn't satisfy existing pods anti-affinity rules", true) // IA1
    }
    return fits
  },

  preFilterExtensions: {
    clone: state => ({ ...state, refusedIn: new Map(state.refusedIn), wantedIn: new Map(state.wantedIn), avoidedIn: new Map(state.avoidedIn) }),
    addPod: (state, pod, added, here) => { count(state, pod, added, here, 1) },
    removePod: (state, pod, removed, here) => { count(state, pod, removed, here, -1) },
  },

  preScore(pod, cluster) {
    const scores = new Map<string, number>()
    const wants = readWeighted(pod, pod.spec.affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, 1)
    const avoids = readWeighted(pod, pod.spec.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, -1)
    const own = [...wants, ...avoids]
    for (const view of cluster.nodes) {
      for (const other of own.length > 0 ? view.pods.values() : view.podsWithAffinity) {
        for (const term of own) if (termMatches(term, other, cluster.lookups)) bump(scores, domainOf(term, view), term.weight)
        for (const term of termsTowards(other)) if (termMatches(term, pod, cluster.lookups)) bump(scores, domainOf(term, view), term.weight)
      }
    }
    return scores.size === 0 ? notInterested : scores
  },

  score(scores, here) {
    const labels = here.node.metadata.labels ?? {}
    let sum = 0
    for (const [domain, weight] of scores) {
      const at = domain.indexOf('=')
      if (labels[domain.slice(0, at)] === domain.slice(at + 1)) sum += weight
    }
    return sum
  },

  normalizeScore(scores) {
    const most = Math.max(...scores)
    const least = Math.min(...scores)
    for (let index = 0; index < scores.length; index++) scores[index] = most === least ? 0 : Math.floor((100 * (scores[index]! - least)) / (most - least))
  },
}

function count(state: AffinityState, pod: Pod, moved: Pod, here: NodeView, by: 1 | -1): void {
  for (const term of readTerms(moved, moved.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)) {
    if (termMatches(term, pod, state.lookups)) bump(state.refusedIn, domainOf(term, here), by)
  }
  if (state.affinity.length > 0 && state.affinity.every(term => termMatches(term, moved, state.lookups))) for (const term of state.affinity) bump(state.wantedIn, domainOf(term, here), by)
  for (const term of state.antiAffinity) if (termMatches(term, moved, state.lookups)) bump(state.avoidedIn, domainOf(term, here), by)
}

function countRefusals(pod: Pod, { nodes, lookups }: ClusterView): Map<string, number> {
  const refused = new Map<string, number>()
  for (const view of nodes) {
    for (const other of view.podsWithAffinity) {
      for (const term of readTerms(other, other.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)) {
        if (termMatches(term, pod, lookups)) bump(refused, domainOf(term, view), 1)
      }
    }
  }
  return refused
}

/** IA5: what an existing pod says of the newcomer. */
function termsTowards(other: Pod): Term[] {
  const affinity = other.spec.affinity
  return [
    ...readTerms(other, affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    ...readWeighted(other, affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, 1),
    ...readWeighted(other, affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, -1),
  ]
}

function readWeighted(pod: Pod, terms: readonly { weight: number; podAffinityTerm: PodAffinityTerm }[] | undefined, sign: 1 | -1): Term[] {
  return (terms ?? []).map(({ weight, podAffinityTerm }) => ({ ...readTerm(pod, podAffinityTerm), weight: sign * weight }))
}

const knownTerms = new WeakMap<readonly PodAffinityTerm[], readonly Term[]>()

function readTerms(pod: Pod, terms: readonly PodAffinityTerm[] | undefined): readonly Term[] {
  if (terms === undefined || terms.length === 0) return []
  const kept = knownTerms.get(terms)
  if (kept !== undefined) return kept
  const read = terms.map(term => readTerm(pod, term))
  knownTerms.set(terms, read)
  return read
}

function readTerm(pod: Pod, term: PodAffinityTerm): Term {
  const labels = pod.metadata.labels ?? {}
  const extra = [
    ...(term.matchLabelKeys ?? []).filter(key => labels[key] !== undefined).map(key => ({ key, operator: 'In', values: [labels[key]!] })),
    ...(term.mismatchLabelKeys ?? []).filter(key => labels[key] !== undefined).map(key => ({ key, operator: 'NotIn', values: [labels[key]!] })),
  ]
  const namesNone = (term.namespaces ?? []).length === 0 && term.namespaceSelector === undefined
  return {
    key: term.topologyKey,
    selector: selectorOf(term.labelSelector === undefined ? undefined : { ...term.labelSelector, matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...extra] }),
    namespaces: new Set(namesNone ? [pod.metadata.namespace ?? ''] : term.namespaces), // IA6
    namespaceSelector: term.namespaceSelector === undefined ? undefined : selectorOf(term.namespaceSelector),
    weight: 1,
  }
}

function termMatches(term: Term, pod: Pod, lookups: ClusterLookups): boolean {
  const namespace = pod.metadata.namespace ?? ''
  const inNamespace = term.namespaces.has(namespace) || (term.namespaceSelector !== undefined && matches(term.namespaceSelector, lookups.namespace(namespace)?.metadata.labels ?? {}))
  return inNamespace && matches(term.selector, pod.metadata.labels ?? {})
}

function domainOf(term: Term, view: NodeView): string | undefined {
  const value = view.node.metadata.labels?.[term.key]
  return value === undefined ? undefined : `${term.key}=${value}`
}

function bump(counts: Map<string, number>, domain: string | undefined, by: number): void {
  if (domain === undefined) return
  const count = (counts.get(domain) ?? 0) + by
  if (count === 0) counts.delete(domain)
  else counts.set(domain, count)
}
