/** Programs that do nothing but count. */
import { type Fault, numberOf } from '../fault.ts'
import { endLoad, startLoad } from './node-load.ts'

export const nodeCpuLoad: Fault<'node'> = {
  kind: {
    name: 'node-cpu-load', title: 'A node without spare processor time', group: 'resources', target: 'node', resource: null, lasts: true, providers: ['qemu', 'namespace'],
    parameters: [{ name: 'workers', type: 'number', unit: 'programs', least: 1, most: 64, default: 1 }],
    effect: 'Programs on the node use up its processors.',
    evidence: 'kubectl top node; probes and kubelet become slow.',
    healing: 'The programs are ended.',
  },
  claims: () => [],
  inject: (world, order) => startLoad(world, order.target.name, order.id, `worker=0; while [ $worker -lt "$1" ]; do (while :; do :; done) & worker=$((worker + 1)); done; wait`, [`${Math.round(numberOf(order, 'workers'))}`]),
  heal: (world, { id, target }) => endLoad(world, target.name, id),
}
