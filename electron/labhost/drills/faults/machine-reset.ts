/** The reset button: what was in memory is gone, disks stay. */
import type { Fault } from '../fault.ts'
import { powerOf } from '../claims.ts'

export const machineReset: Fault<'node'> = {
  kind: {
    name: 'machine-reset', title: 'A machine is reset', group: 'machine', target: 'node', resource: null, parameters: [], lasts: false, providers: ['qemu', 'namespace'],
    effect: 'The reset button is pressed: memory is lost, disks stay, the same machine starts again.',
    evidence: 'The boot id of the node changes; its pods have restarted once more.',
    healing: 'There is nothing to heal.',
  },
  claims: ({ name }) => [powerOf(name)],
  inject: (world, { target }) => world.machine(target.name, 'reset'),
}
