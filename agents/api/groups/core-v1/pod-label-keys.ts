/**
 * matchLabelKeys and mismatchLabelKeys of a new pod become requirements of the selector beside them, with the pod's own
 * values: what a term means stays with the pod, whatever becomes of its labels. Upstream: pod strategy mutatePodAffinity,
 * mutateTopologySpreadConstraints.
 *
 *   LK1  A key to match is added as In, one not to match as NotIn; keys that the pod has no label for are left out.
 *   LK2  Without a selector nothing is added: none matches no pod.
 */
import type { LabelSelector } from '../meta-v1/types.ts'
import type { Pod } from './types.ts'

interface Term {
  labelSelector?: LabelSelector
  readonly matchLabelKeys?: readonly string[]
  readonly mismatchLabelKeys?: readonly string[]
}

/** Changes the pod in place. */
export function mergeLabelKeys({ metadata: { labels = {} }, spec }: Pod): void {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  const terms = [podAffinity, podAntiAffinity].flatMap((affinity): Term[] => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  for (const term of [...terms, ...(spec.topologySpreadConstraints ?? [])]) merge(term, labels)
}

function merge(term: Term, labels: Readonly<Record<string, string>>): void {
  if (term.labelSelector === undefined) return // LK2
  const own = (keys: readonly string[] = [], operator: string) => keys.flatMap(key => (labels[key] === undefined ? [] : [{ key, operator, values: [labels[key]] }])) // LK1
  const added = [...own(term.matchLabelKeys, 'In'), ...own(term.mismatchLabelKeys, 'NotIn')]
  if (added.length > 0) term.labelSelector = { ...term.labelSelector, matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...added] }
}
