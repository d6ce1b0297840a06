/**
 * NodeUnschedulable: a cordoned node takes no new pods.
 *
 *   NU1  spec.unschedulable rejects, unless the pod tolerates node.kubernetes.io/unschedulable:NoSchedule.
 *   NU2  A node that comes open or is opened helps; of the pod itself only a toleration of that taint.
 */
import type { Node, Pod } from '../../../api/groups/core-v1/types.ts'
import { fits, interested, rejected } from '../framework/verdict.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'
import { toleratesTaint } from '../framework/taints.ts'

const cordon = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

const cordoned = rejected('node(s) were unschedulable', false)

/** What PreFilter learns: does the pod go onto cordoned nodes? */
export const nodeUnschedulable: PreFilterPlugin<boolean> & FilterPlugin<boolean> = {
  name: 'NodeUnschedulable',
  wakeOn: [
    { resource: 'Node', actions: ['Add', 'UpdateNodeTaint'], hint: (_, before, after) => ((before === undefined || isCordoned(before as Node)) && !isCordoned(after as Node) ? 'Queue' : 'Skip') },
    { resource: 'Pod', actions: ['UpdatePodToleration'], hint: (pod, _, after) => (isItself(pod, after as Pod) && toleratesTaint(after as Pod, cordon) ? 'Queue' : 'Skip') },
  ], // NU2
  preFilter: pod => interested(toleratesTaint(pod, cordon)),
  filter: (tolerates, here) => (tolerates || !isCordoned(here.node) ? fits : cordoned), // NU1
  sign: pod => String(toleratesTaint(pod, cordon)),
  cures: (_, here) => [{ kind: 'uncordon', node: here.name }, { kind: 'toleration', node: here.name, taint: cordon }],
}

function isCordoned(node: Node): boolean {
  return node.spec.unschedulable === true
}

function isItself(pod: Pod, changed: Pod): boolean {
  return pod.metadata.uid === changed.metadata.uid
}
