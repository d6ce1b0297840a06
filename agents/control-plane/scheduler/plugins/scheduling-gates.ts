/**
 * SchedulingGates: a pod with gates is not considered until the last gate is taken away.
 *
 *   SG1  Any entry in spec.schedulingGates holds the pod outside the queue; its names are given as the reason.
 */
import { fits, rejected } from '../framework/verdict.ts'
import type { GatePlugin } from '../framework/plugin.ts'

export const schedulingGates: GatePlugin = {
  name: 'SchedulingGates',
  wakeOn: [{ resource: 'pods', change: 'updated' }],
  admit(pod) {
    const gates = (pod.spec.schedulingGates ?? []).map(gate => gate.name)
    return gates.length === 0 ? fits : rejected(`waiting for scheduling gates: [${gates.join(' ')}]`, false) // SG1
  },
}
