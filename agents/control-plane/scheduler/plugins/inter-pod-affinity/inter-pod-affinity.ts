/**
 * InterPodAffinity: pods that want to be near certain pods, or far from them.
 *
 *   IA1  A pod already placed that refuses this pod (required anti-affinity) keeps it out of its domain; eviction cures.
 *   IA2  Required anti-affinity of this pod: no domain that has a matching pod; eviction cures. A node without the label
 *        is always allowed.
 *   IA3  Required affinity: each term's domain needs a pod that matches all terms; eviction does not cure.
 *   IA4  The first of a series: when no pod in the cluster matches, a pod that matches its own terms may start anywhere
 *        the labels exist.
 *   IA5  Preferred terms, of this pod and of the pods already there, add or take their weight in each domain; required
 *        affinity of pods already there counts with hardPodAffinityWeight. The least gets 0, the most 100.
 *   IA6  A term speaks of the namespaces it names or selects; with neither, of its pod's own.
 *   IA7  With ignorePreferredTermsOfExistingPods a pod without preferred terms is not scored.
 */
import type { Node, Pod } from '../../../../api/groups/core-v1/types.ts'
import { selectorText } from '../../../../api/selectors/label-selector.ts'
import type { InterPodAffinityArgs } from '../../framework/plugin-args.ts'
import type { PluginHandle } from '../../framework/plugin-handle.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../../framework/verdict.ts'
import type { AffinityTerm } from '../../snapshot/affinity-terms.ts'
import { termMatches } from '../../snapshot/affinity-terms.ts'
import type { ClusterView } from '../../snapshot/cluster.ts'
import { kindOf } from '../../snapshot/cluster.ts'
import type { DomainsOfKey } from '../../snapshot/node-domains.ts'
import { everyNode } from '../../snapshot/node-filter.ts'
import type { NodeView } from '../../snapshot/node-view.ts'
import type { PodCounter } from '../../snapshot/pod-counters.ts'
import { podFacts } from '../../snapshot/pod-facts.ts'
import type { StandingTerm } from '../../snapshot/standing-terms.ts'
import { afterNodeChange, afterPodChange, allMatch } from './affinity-hints.ts'

const notNear = rejected("node(s) didn't match pod affinity rules", false)
const tooNear = rejected("node(s) didn't match pod anti-affinity rules", true)
const refusing = rejected("node(s) didn't satisfy existing pods anti-affinity rules", true)

/** Pods by domain, with those that preemption imagines to have come or gone. */
interface CountedTerm {
  readonly term: AffinityTerm
  readonly domains: DomainsOfKey
  readonly counter: PodCounter
  readonly changes: Map<string, number>
}

interface Refusal {
  readonly domains: DomainsOfKey
  readonly terms: readonly StandingTerm[]
  readonly changes: Map<string, number>
}

export interface AffinityState {
  readonly required: readonly CountedTerm[]
  readonly avoided: readonly CountedTerm[]
  /** By topology key: what placed pods refuse of this pod (IA1). */
  readonly refusals: Map<string, Refusal>
  readonly matchesItself: boolean
  readonly cluster: ClusterView
}

interface Attraction {
  readonly domains: DomainsOfKey
  readonly weight: number
  readonly source: { get(domain: string): number }
}

export type Attractions = readonly Attraction[]

export function newInterPodAffinity(args: InterPodAffinityArgs, { cluster: { lookups } }: Pick<PluginHandle, 'cluster'>): PreFilterPlugin<AffinityState> & FilterPlugin<AffinityState> & PreScorePlugin<Attractions> & ScorePlugin<Attractions> {
  return {
    name: 'InterPodAffinity',
    wakeOn: [
      { resource: 'Pod', actions: ['Add', 'UpdatePodLabel', 'Delete'], hint: (pod, before, after) => afterPodChange(pod, before as Pod | undefined, after as Pod | undefined, lookups) },
      { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'], hint: (pod, before, after) => afterNodeChange(pod, before as Node | undefined, after as Node) },
    ],

    preFilter(pod, cluster) {
      const { required, requiredAnti } = podFacts(pod).terms
      const { refuses } = cluster.standingTerms.towards(kindOf(pod))
      if (required.length === 0 && requiredAnti.length === 0 && refuses.length === 0) return notInterested
      const near = required.length === 0 ? undefined : cluster.counters.matchingAll(required)
      return interested({
        required: required.map(term => ({ term, domains: cluster.domains.of(term.topologyKey), counter: cluster.counters.counter(near!, term.topologyKey, everyNode), changes: new Map() })),
        avoided: requiredAnti.map(term => ({ term, domains: cluster.domains.of(term.topologyKey), counter: counterOf(term, cluster), changes: new Map() })),
        refusals: byKey(refuses, cluster),
        matchesItself: allMatch(required, pod, cluster.lookups),
        cluster,
      })
    },

    preFilterExtensions: {
      clone: state => ({
        ...state,
        required: state.required.map(copyOf),
        avoided: state.avoided.map(copyOf),
        refusals: new Map([...state.refusals].map(([key, refusal]) => [key, { ...refusal, changes: new Map(refusal.changes) }])),
      }),
      addPod: (state, pod, added, here) => { imagine(state, pod, added, here.node, 1) },
      removePod: (state, pod, removed, here) => { imagine(state, pod, removed, here.node, -1) },
    },

    filter(state, here) {
      if (state.required.length > 0 && !isNear(state, here)) return notNear // IA3
      for (const counted of state.avoided) if (podsAt(counted, here) > 0) return tooNear // IA2
      return isRefused(state, here) ? refusing : fits // IA1
    },

    preScore(pod, cluster) {
      const { preferred } = podFacts(pod).terms
      if (args.ignorePreferredTermsOfExistingPods && preferred.length === 0) return notInterested // IA7
      const { requires, prefers } = cluster.standingTerms.towards(kindOf(pod))
      const attractions: Attraction[] = preferred.map(({ term, weight }) => ({ domains: cluster.domains.of(term.topologyKey), weight, source: counterOf(term, cluster).counts }))
      if (args.hardPodAffinityWeight > 0) attractions.push(...requires.map(source => ({ domains: cluster.domains.of(source.term.topologyKey), weight: args.hardPodAffinityWeight, source })))
      attractions.push(...prefers.map(source => ({ domains: cluster.domains.of(source.term.topologyKey), weight: 1, source })))
      return attractions.length === 0 ? notInterested : attractions
    },

    score(attractions, here) {
      let sum = 0
      for (const { domains, weight, source } of attractions) {
        const domain = domains.at(here)
        if (domain !== undefined) sum += weight * source.get(domain) // IA5
      }
      return sum
    },

    normalizeScore(scores) {
      let most = Number.NEGATIVE_INFINITY
      let least = Number.POSITIVE_INFINITY
      for (const score of scores) {
        most = Math.max(most, score)
        least = Math.min(least, score)
      }
      for (const [index, score] of scores.entries()) scores[index] = most === least ? 0 : Math.trunc(100 * ((score - least) / (most - least)))
    },

    cures(state, here) {
      const near = state.required.filter(counted => podsAt(counted, here) <= 0).map(({ term }) => ({ kind: 'pod-in-domain' as const, node: here.name, topologyKey: term.topologyKey, selector: selectorText(term.selector) }))
      const far = state.avoided.filter(counted => podsAt(counted, here) > 0).map(({ term }) => ({ kind: 'no-pod-in-domain' as const, node: here.name, topologyKey: term.topologyKey, selector: selectorText(term.selector) }))
      const refused = [...state.refusals].filter(([, refusal]) => refusalAt(refusal, here) > 0).map(([topologyKey, { terms }]) => ({ kind: 'no-pod-in-domain' as const, node: here.name, topologyKey, selector: terms.map(({ term }) => selectorText(term.selector)).join(' or ') }))
      return [...near, ...far, ...refused]
    },
  }
}

function counterOf(term: AffinityTerm, { counters }: ClusterView): PodCounter {
  return counters.counter(counters.matchingAll([term]), term.topologyKey, everyNode)
}

function byKey(refuses: readonly StandingTerm[], { domains }: ClusterView): Map<string, Refusal> {
  const refusals = new Map<string, Refusal>()
  for (const [key, terms] of Map.groupBy(refuses, ({ term }) => term.topologyKey)) refusals.set(key, { domains: domains.of(key), terms, changes: new Map() })
  return refusals
}

function isNear({ required, matchesItself }: AffinityState, here: NodeView): boolean {
  let hasPods = true
  for (const counted of required) {
    const domain = counted.domains.at(here)
    if (domain === undefined) return false
    if (hasPods && podsIn(counted, domain) <= 0) hasPods = false
  }
  return hasPods || (matchesItself && matchNothing(required)) // IA4
}

function matchNothing(required: readonly CountedTerm[]): boolean {
  for (const { counter, changes } of required) if (counter.counts.total + sumOf(changes) !== 0) return false
  return true
}

function podsAt(counted: CountedTerm, here: NodeView): number {
  const domain = counted.domains.at(here)
  return domain === undefined ? 0 : podsIn(counted, domain)
}

function podsIn({ counter, changes }: CountedTerm, domain: string): number {
  return counter.counts.get(domain) + (changes.size === 0 ? 0 : (changes.get(domain) ?? 0))
}

function isRefused({ refusals }: AffinityState, here: NodeView): boolean {
  for (const refusal of refusals.values()) if (refusalAt(refusal, here) > 0) return true
  return false
}

function refusalAt({ domains, terms, changes }: Refusal, here: NodeView): number {
  const domain = domains.at(here)
  if (domain === undefined) return 0
  let refusals = changes.size === 0 ? 0 : (changes.get(domain) ?? 0)
  for (const term of terms) refusals += term.get(domain)
  return refusals
}

function imagine({ required, avoided, refusals, cluster: { lookups, domains } }: AffinityState, pod: Pod, moved: Pod, node: Node, by: 1 | -1): void {
  const namespaceLabels = lookups.namespace(pod.metadata.namespace ?? '')?.metadata.labels ?? {}
  for (const term of podFacts(moved).terms.requiredAnti) {
    if (!termMatches(term, pod.metadata.namespace ?? '', pod.metadata.labels, namespaceLabels)) continue
    const refusal = refusals.get(term.topologyKey) ?? { domains: domains.of(term.topologyKey), terms: [], changes: new Map<string, number>() }
    refusals.set(term.topologyKey, refusal)
    bump(refusal.changes, node.metadata.labels?.[term.topologyKey], by)
  }
  if (allMatch(required.map(({ term }) => term), moved, lookups)) for (const { term, changes } of required) bump(changes, node.metadata.labels?.[term.topologyKey], by)
  for (const { term, changes } of avoided) if (allMatch([term], moved, lookups)) bump(changes, node.metadata.labels?.[term.topologyKey], by)
}

function copyOf(counted: CountedTerm): CountedTerm {
  return { ...counted, changes: new Map(counted.changes) }
}

function bump(changes: Map<string, number>, domain: string | undefined, by: number): void {
  if (domain !== undefined) changes.set(domain, (changes.get(domain) ?? 0) + by)
}

function sumOf(changes: ReadonlyMap<string, number>): number {
  let sum = 0
  if (changes.size > 0) for (const by of changes.values()) sum += by
  return sum
}
