/**
 * SchedulingGates: a pod with gates is not considered until the last gate is taken away.
 *
 *   SG1  Any entry in spec.schedulingGates holds the pod outside the queue; its names are given as the reason.
 *   SG2  Only the pod's own last gate going away lets it in.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import { fits, rejected } from '../framework/verdict.ts'
import type { PreEnqueuePlugin } from '../framework/plugin.ts'

export const schedulingGates: PreEnqueuePlugin = {
  name: 'SchedulingGates',
  wakeOn: [{ resource: 'Pod', actions: ['UpdatePodSchedulingGatesEliminated'], hint: (pod, _, after) => ((after as Pod).metadata.uid === pod.metadata.uid ? 'Queue' : 'Skip') }], // SG2
  preEnqueue(pod) {
    const gates = (pod.spec.schedulingGates ?? []).map(gate => gate.name)
    return gates.length === 0 ? fits : rejected(`waiting for scheduling gates: [${gates.join(' ')}]`, false) // SG1
  },
}
