/** A program that holds memory. */
import { type Fault, numberOf } from '../fault.ts'
import { endLoad, startLoad } from './node-load.ts'

export const nodeMemoryLoad: Fault<'node'> = {
  kind: {
    name: 'node-memory-load', title: "A node's memory is used up", group: 'resources', target: 'node', resource: null, lasts: true, providers: ['qemu', 'namespace'],
    parameters: [{ name: 'MiB', type: 'number', unit: 'MiB', least: 1, most: 1_048_576, default: 256 }],
    effect: 'A program on the node holds so much memory.',
    evidence: 'free -m; MemoryPressure, evictions and the OOM killer when it is too much.',
    healing: 'The programs are ended.',
  },
  claims: () => [],
  inject: (world, order) => startLoad(world, order.target.name, order.id, `head -c "$1"m /dev/zero | tail | sleep 2000000`, [`${Math.round(numberOf(order, 'MiB'))}`]),
  heal: (world, { id, target }) => endLoad(world, target.name, id),
}
