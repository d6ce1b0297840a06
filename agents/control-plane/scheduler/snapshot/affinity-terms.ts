/**
 * The inter-pod affinity terms of a pod, read once. Upstream: framework.newAffinityTerm.
 *
 *   AT1  A term speaks of the namespaces it names or selects; with neither, of its pod's own.
 *   AT2  matchLabelKeys and mismatchLabelKeys add the pod's own values of those labels to the selector. The API server
 *        merges them at creation; a pod from before is read the same way.
 *   AT3  A term without a selector matches no pod.
 *   AT4  Equal terms have equal ids, whoever wrote them, so that they can be counted together.
 */
import type { LabelSelector } from '../../../api/groups/meta-v1/types.ts'
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../../../api/groups/core-v1/types.ts'
import { matches, selectorOf, selectorText } from '../../../api/selectors/label-selector.ts'
import type { Selector } from '../../../api/selectors/label-selector.ts'

type Labels = Readonly<Record<string, string>>

export interface PodMatch {
  /** Text of everything below. */
  readonly id: string
  readonly selector: Selector
  readonly namespaces: ReadonlySet<string>
  readonly namespaceSelector: Selector | undefined
}

export interface AffinityTerm extends PodMatch {
  readonly topologyKey: string
  /** Id with the topology key. */
  readonly termId: string
}

export interface WeightedTerm {
  readonly term: AffinityTerm
  /** Negative for anti-affinity. */
  readonly weight: number
}

export interface AffinityTerms {
  readonly required: readonly AffinityTerm[]
  readonly requiredAnti: readonly AffinityTerm[]
  readonly preferred: readonly WeightedTerm[]
}

export const noTerms: AffinityTerms = { required: [], requiredAnti: [], preferred: [] }

export function readAffinityTerms(pod: Pod): AffinityTerms {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  if (podAffinity === undefined && podAntiAffinity === undefined) return noTerms
  const weighted = (terms: readonly WeightedPodAffinityTerm[] | undefined, sign: 1 | -1): WeightedTerm[] =>
    (terms ?? []).map(({ podAffinityTerm, weight }) => ({ term: readTerm(pod, podAffinityTerm), weight: sign * weight }))
  return {
    required: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term => readTerm(pod, term)),
    requiredAnti: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term => readTerm(pod, term)),
    preferred: [...weighted(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, 1), ...weighted(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, -1)],
  }
}

/**
 * Does the term speak of a pod with these labels in this namespace? `namespaceLabels` are undefined for a namespace
 * that does not exist: only a selector of all namespaces speaks of it.
 */
export function termMatches(term: PodMatch, namespace: string, labels: Labels | undefined, namespaceLabels: Labels | undefined): boolean {
  return speaksOf(term, namespace, namespaceLabels) && matches(term.selector, labels)
}

function speaksOf({ namespaces, namespaceSelector }: PodMatch, namespace: string, labels: Labels | undefined): boolean {
  if (namespaces.has(namespace)) return true
  if (namespaceSelector === undefined) return false
  return labels === undefined ? namespaceSelector.requirements.length === 0 && !namespaceSelector.nothing : matches(namespaceSelector, labels)
}

function readTerm(pod: Pod, term: PodAffinityTerm): AffinityTerm {
  const named = term.namespaces ?? []
  const own = pod.metadata.namespace ?? ''
  const namespaces = named.length === 0 && term.namespaceSelector === undefined ? [own] : named // AT1
  const selector = selectorOf(withOwnValues(term, pod.metadata.labels ?? {})) // AT3
  const namespaceSelector = term.namespaceSelector === undefined ? undefined : selectorOf(term.namespaceSelector)
  const id = JSON.stringify([selector.nothing ? null : selectorText(selector), [...namespaces].sort(), namespaceSelector === undefined ? null : selectorText(namespaceSelector)]) // AT4
  return { id, termId: `${term.topologyKey} ${id}`, topologyKey: term.topologyKey, selector, namespaces: new Set(namespaces), namespaceSelector }
}

/** AT2: keys the API server has merged already stand in the selector and are not added twice. */
function withOwnValues(term: PodAffinityTerm, labels: Labels): LabelSelector | undefined {
  const { labelSelector } = term
  if (labelSelector === undefined) return undefined
  const own = (keys: readonly string[] | undefined, operator: 'In' | 'NotIn') =>
    (keys ?? [])
      .filter(key => labels[key] !== undefined)
      .map(key => ({ key, operator, values: [labels[key]!] }))
      .filter(({ key }) => !(labelSelector.matchExpressions ?? []).some(there => there.key === key && there.operator === operator && there.values?.length === 1 && there.values[0] === labels[key]))
  const added = [...own(term.matchLabelKeys, 'In'), ...own(term.mismatchLabelKeys, 'NotIn')]
  return added.length === 0 ? labelSelector : { ...labelSelector, matchExpressions: [...(labelSelector.matchExpressions ?? []), ...added] }
}
