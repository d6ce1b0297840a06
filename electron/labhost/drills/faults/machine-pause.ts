/** A machine stands still, as one that its host has no time for. */
import type { Fault } from '../fault.ts'
import { powerOf } from '../claims.ts'

export const machinePause: Fault<'node'> = {
  kind: {
    name: 'machine-pause', title: 'A machine stands still', group: 'machine', target: 'node', resource: null, parameters: [], lasts: true, providers: ['qemu', 'namespace'],
    effect: 'The processors of the machine stand still; its memory stays, and its clock falls behind.',
    evidence: 'The node becomes NotReady after 40 seconds; connections hang instead of being refused.',
    healing: 'The machine goes on; timers that are due inside fire at once.',
  },
  claims: ({ name }) => [powerOf(name)],
  inject: (world, { target }) => world.machine(target.name, 'pause'),
  heal: (world, { target }) => world.machine(target.name, 'resume'),
}
