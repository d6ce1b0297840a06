/**
 * TaintToleration: a node's taints keep off pods that do not tolerate them.
 *
 *   TT1  An untolerated NoSchedule or NoExecute taint rejects; evicting pods does not cure it.
 *   TT2  Fewer untolerated PreferNoSchedule taints score higher.
 */
import type { Toleration } from '../../../api/groups/core-v1/types.ts'
import { fits, rejected } from '../framework/verdict.ts'
import type { FilterPlugin, PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { normalizeByLargest } from '../framework/plugin.ts'
import { tolerates, toleratesTaint } from '../framework/taints.ts'

export const taintToleration: FilterPlugin<undefined> & PreScorePlugin<readonly Toleration[]> & ScorePlugin<readonly Toleration[]> = {
  name: 'TaintToleration',
  wakeOn: [{ resource: 'Node', actions: ['Add', 'UpdateNodeTaint'] }, { resource: 'Pod', actions: ['UpdatePodToleration'] }],
  filter(_, here, pod) {
    const repelled = (here.node.spec.taints ?? []).some(taint => (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') && !toleratesTaint(pod, taint))
    return repelled ? rejected('node(s) had untolerated taint(s)', false) : fits // TT1
  },
  preScore: pod => (pod.spec.tolerations ?? []).filter(toleration => (toleration.effect ?? '') === '' || toleration.effect === 'PreferNoSchedule'),
  score: (tolerations, here) => (here.node.spec.taints ?? []).filter(taint => taint.effect === 'PreferNoSchedule' && !tolerations.some(toleration => tolerates(toleration, taint))).length,
  normalizeScore: scores => { normalizeByLargest(scores, true) }, // TT2
}
