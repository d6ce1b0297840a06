/**
 * Which changes may cure a pod that inter-pod affinity rejected. Upstream: interpodaffinity isSchedulableAfter….
 *
 *   AH1  The pod's own labels: someone may have refused the old ones.
 *   AH2  Another placed pod that comes, or changes, so that it matches every affinity term; that changes so that it no
 *        longer matches every anti-affinity term; that goes and matched every anti-affinity term, or whose own
 *        anti-affinity terms all matched the pod.
 *   AH3  A node that comes with a topology key of an affinity term, gains one, or changes its value; for a pod with
 *        anti-affinity any node that comes, or one that loses or changes such a key.
 */
import type { Node, Pod } from '../../../../api/groups/core-v1/types.ts'
import type { QueueingHint } from '../../framework/cluster-event.ts'
import type { AffinityTerm } from '../../snapshot/affinity-terms.ts'
import { termMatches } from '../../snapshot/affinity-terms.ts'
import type { ClusterLookups } from '../../snapshot/cluster.ts'
import { podFacts } from '../../snapshot/pod-facts.ts'
import { hasPlace } from '../../snapshot/pod-place.ts'

export function afterPodChange(pod: Pod, before: Pod | undefined, after: Pod | undefined, lookups: ClusterLookups): QueueingHint {
  if (before !== undefined && after !== undefined && after.metadata.uid === pod.metadata.uid) return 'Queue' // AH1
  if ([before, after].some(other => other !== undefined && !hasPlace(other))) return 'Skip'
  const { required, requiredAnti } = podFacts(pod).terms
  const matchesAll = (terms: readonly AffinityTerm[], other: Pod) => allMatch(terms, other, lookups)
  if (after === undefined) return matchesAll(requiredAnti, before!) || matchesAll(podFacts(before!).terms.requiredAnti, pod) ? 'Queue' : 'Skip' // AH2
  if (before === undefined) return matchesAll(required, after) ? 'Queue' : 'Skip'
  const attracts = !matchesAll(required, before) && matchesAll(required, after)
  const yields = matchesAll(requiredAnti, before) && !matchesAll(requiredAnti, after)
  return attracts || yields ? 'Queue' : 'Skip'
}

/** AH3 */
export function afterNodeChange(pod: Pod, before: Node | undefined, after: Node): QueueingHint {
  const { required, requiredAnti } = podFacts(pod).terms
  const had = ({ topologyKey }: AffinityTerm) => before?.metadata.labels?.[topologyKey]
  const has = ({ topologyKey }: AffinityTerm) => after.metadata.labels?.[topologyKey]
  const isReached = required.some(term => has(term) !== undefined && had(term) !== has(term))
  const isFreed = requiredAnti.some(term => before === undefined || (had(term) !== undefined && had(term) !== has(term)))
  return isReached || isFreed ? 'Queue' : 'Skip'
}

/** No terms match nothing. */
export function allMatch(terms: readonly AffinityTerm[], other: Pod, lookups: ClusterLookups): boolean {
  if (terms.length === 0) return false
  const namespace = other.metadata.namespace ?? ''
  const found = lookups.namespace(namespace)
  const namespaceLabels = found === undefined ? undefined : (found.metadata.labels ?? {})
  return terms.every(term => termMatches(term, namespace, other.metadata.labels, namespaceLabels))
}
