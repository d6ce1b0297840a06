/**
 * NodeUnschedulable: a cordoned node takes no new pods.
 *
 *   NU1  spec.unschedulable rejects, unless the pod tolerates node.kubernetes.io/unschedulable:NoSchedule.
 */
import { fits, rejected } from '../framework/verdict.ts'
import type { FilterPlugin } from '../framework/plugin.ts'
import { toleratesTaint } from '../framework/taints.ts'

const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

export const nodeUnschedulable: FilterPlugin<undefined> = {
  name: 'NodeUnschedulable',
  wakeOn: [{ resource: 'Node', actions: ['Add', 'UpdateNodeTaint'] }, { resource: 'Pod', actions: ['UpdatePodToleration'] }],
  filter(_, here, pod) {
    if (here.node.spec.unschedulable !== true) return fits
    return toleratesTaint(pod, cordon) ? fits : rejected('node(s) were unschedulable', false) // NU1
  },
}
