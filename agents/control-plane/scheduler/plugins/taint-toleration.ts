/**
 * TaintToleration: a node's taints keep off pods that do not tolerate them.
 *
 *   TT1  An untolerated NoSchedule or NoExecute taint rejects; evicting pods does not cure it.
 *   TT2  Fewer untolerated PreferNoSchedule taints score higher; only tolerations of that effect or of every effect count.
 *   TT3  A node that has become tolerable helps, and any new toleration of the pod itself.
 *   TT4  The operators Gt and Lt are an alpha feature that is off in 1.36 (TaintTolerationComparisonOperators); the API
 *        server admits no such toleration.
 */
import type { Node, Pod, Toleration } from '../../../api/groups/core-v1/types.ts'
import { fits, interested, rejected } from '../framework/verdict.ts'
import type { FilterPlugin, PreFilterPlugin, PreScorePlugin, ScorePlugin } from '../framework/plugin.ts'
import { normalizeByLargest } from '../framework/plugin.ts'
import { tolerates, toleratesTaint } from '../framework/taints.ts'

const untolerated = rejected('node(s) had untolerated taint(s)', false)

export const taintToleration: PreFilterPlugin<null> & FilterPlugin<null> & PreScorePlugin<readonly Toleration[]> & ScorePlugin<readonly Toleration[]> = {
  name: 'TaintToleration',
  wakeOn: [
    { resource: 'Node', actions: ['Add', 'UpdateNodeTaint'], hint: (pod, before, after) => ((before === undefined || repels(before as Node, pod)) && !repels(after as Node, pod) ? 'Queue' : 'Skip') },
    { resource: 'Pod', actions: ['UpdatePodToleration'], hint: (pod, _, after) => ((after as Pod).metadata.uid === pod.metadata.uid ? 'Queue' : 'Skip') },
  ], // TT3
  preFilter: () => interested(null),
  filter: (_, here, pod) => (repels(here.node, pod) ? untolerated : fits), // TT1
  preScore: pod => (pod.spec.tolerations ?? []).filter(toleration => (toleration.effect ?? '') === '' || toleration.effect === 'PreferNoSchedule'),
  score(tolerations, here) {
    const { taints } = here.node.spec
    return taints === undefined || taints.length === 0 ? 0 : taints.filter(taint => taint.effect === 'PreferNoSchedule' && !tolerations.some(toleration => tolerates(toleration, taint))).length // TT2
  },
  normalizeScore: scores => { normalizeByLargest(scores, true) },
  sign: pod => JSON.stringify(pod.spec.tolerations ?? []),
  cures: (_, here, pod) => (here.node.spec.taints ?? []).filter(taint => taint.effect !== 'PreferNoSchedule' && !toleratesTaint(pod, taint)).map(({ key, value, effect }) => ({ kind: 'toleration', node: here.name, taint: { key, effect, ...(value === undefined ? {} : { value }) } })),
}

function repels({ spec: { taints } }: Node, pod: Pod): boolean {
  return taints !== undefined && taints.some(taint => taint.effect !== 'PreferNoSchedule' && !toleratesTaint(pod, taint))
}
