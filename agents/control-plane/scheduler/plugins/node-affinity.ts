/**
 * NodeAffinity: which nodes a pod asks for by label or name.
 *
 *   NA1  nodeSelector and one term of the required affinity must match; no eviction cures a mismatch.
 *   NA2  Each preferred term that matches adds its weight; the best node gets 100.
 *   NA3  The configuration's addedAffinity is asked first and has a message of its own; its preferred terms add to all pods.
 *   NA4  A pod whose every term names its nodes (metadata.name In) is asked about those nodes only. Terms that each name
 *        disjoint sets match nothing at all.
 *   NA5  A node helps that matches now and is new or did not match before.
 */
import type { Node, NodeSelectorTerm, Pod, PreferredSchedulingTerm } from '../../../api/groups/core-v1/types.ts'
import { matchesNodeSelection, matchesTerm } from '../framework/node-selector.ts'
import type { NodeAffinityArgs } from '../framework/plugin-args.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { normalizeByLargest } from '../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'

const notAdmitted = rejected("node(s) didn't match scheduler-enforced node affinity", false)
const notSelected = rejected("node(s) didn't match Pod's node affinity/selector", false)

type Terms = readonly PreferredSchedulingTerm[]

export function newNodeAffinity({ addedAffinity }: NodeAffinityArgs): PreFilterPlugin<null> & FilterPlugin<null> & PreScorePlugin<Terms> & ScorePlugin<Terms> {
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  const addedPreferred = addedAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
  const isAdmitted = (node: Node) => added === undefined || added.nodeSelectorTerms.some(term => matchesTerm(term, node))
  return {
    name: 'NodeAffinity',
    wakeOn: [{ resource: 'Node', actions: ['Add', 'UpdateNodeLabel'], hint: (pod, before, after) => (isAdmitted(after as Node) && matchesNodeSelection(pod, after as Node) && (before === undefined || !matchesNodeSelection(pod, before as Node)) ? 'Queue' : 'Skip') }], // NA5

    preFilter(pod) {
      const required = requiredTerms(pod)
      if (required === undefined && added === undefined && pod.spec.nodeSelector === undefined) return notInterested
      const names = required === undefined || required.length === 0 ? undefined : namedNodes(required)
      if (names?.size === 0) return rejected('pod affinity terms conflict', false)
      return interested(null, names) // NA4
    },

    filter(_, here, pod) {
      if (!isAdmitted(here.node)) return notAdmitted // NA3
      return matchesNodeSelection(pod, here.node) ? fits : notSelected // NA1
    },

    preScore(pod) {
      const own = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution
      return own === undefined && addedPreferred.length === 0 ? notInterested : [...addedPreferred, ...(own ?? [])]
    },

    score(terms, here) {
      let sum = 0
      for (const { weight, preference } of terms) if (weight !== 0 && matchesTerm(preference, here.node)) sum += weight
      return sum
    },

    normalizeScore: scores => { normalizeByLargest(scores, false) }, // NA2
    sign: pod => JSON.stringify([pod.spec.nodeSelector, pod.spec.affinity?.nodeAffinity]),

    cures(_, here, pod) {
      const labels = here.node.metadata.labels ?? {}
      const bySelector = Object.entries(pod.spec.nodeSelector ?? {}).filter(([key, value]) => labels[key] !== value).map(([key, value]) => ({ kind: 'node-label' as const, node: here.name, key, operator: 'In', values: [value] }))
      const terms = requiredTerms(pod) ?? []
      if (terms.length === 0 || terms.some(term => matchesTerm(term, here.node))) return bySelector
      return [...bySelector, ...(terms[0]!.matchExpressions ?? []).filter(expression => !matchesTerm({ matchExpressions: [expression] }, here.node)).map(({ key, operator, values = [] }) => ({ kind: 'node-label' as const, node: here.name, key, operator, values }))]
    },
  }
}

function requiredTerms(pod: Pod): readonly NodeSelectorTerm[] | undefined {
  return pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
}

/** NA4: undefined when a term leaves the name open. */
function namedNodes(terms: readonly NodeSelectorTerm[]): Set<string> | undefined {
  const all = new Set<string>()
  for (const term of terms) {
    const named = (term.matchFields ?? []).filter(field => field.key === 'metadata.name' && field.operator === 'In').map(field => field.values ?? [])
    if (named.length === 0) return undefined
    for (const name of named[0]!) if (named.every(names => names.includes(name))) all.add(name)
  }
  return all
}
