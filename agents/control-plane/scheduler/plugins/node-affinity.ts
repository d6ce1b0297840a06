/**
 * NodeAffinity: which nodes a pod asks for by label or name.
 *
 *   NA1  nodeSelector and one term of the required affinity must match; no eviction cures a mismatch.
 *   NA2  Each preferred term that matches adds its weight; the best node gets 100.
 */
import type { PreferredSchedulingTerm } from '../../../api/groups/core-v1/types.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { normalizeByLargest } from '../framework/plugin.ts'
import { matchesNodeSelection, matchesTerm } from '../framework/node-selector.ts'

export const nodeAffinity: PreFilterPlugin<null> & FilterPlugin<null> & PreScorePlugin<readonly PreferredSchedulingTerm[]> & ScorePlugin<readonly PreferredSchedulingTerm[]> = {
  name: 'NodeAffinity',
  wakeOn: [{ resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] }],
  preFilter(pod) {
    const asks = Object.keys(pod.spec.nodeSelector ?? {}).length > 0 || pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution !== undefined
    return asks ? interested(null) : notInterested
  },
  filter: (_, here, pod) => (matchesNodeSelection(pod, here.node) ? fits : rejected("node(s) didn't match Pod's node affinity/selector", false)), // NA1
  preScore(pod) {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []
    return preferred.length === 0 ? notInterested : preferred
  },
  score: (preferred, here) => preferred.filter(term => term.weight !== 0 && matchesTerm(term.preference, here.node)).reduce((sum, term) => sum + term.weight, 0),
  normalizeScore: scores => { normalizeByLargest(scores, false) }, // NA2
}
