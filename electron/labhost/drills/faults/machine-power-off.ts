/** The plug of a machine is pulled. */
import type { Fault } from '../fault.ts'
import { powerOf } from '../claims.ts'

export const machinePowerOff: Fault<'node'> = {
  kind: {
    name: 'machine-power-off', title: 'A machine loses its power', group: 'machine', target: 'node', resource: null, parameters: [], lasts: true, providers: ['qemu', 'namespace'],
    effect: 'The plug of the machine is pulled; nothing inside is asked.',
    evidence: 'The node becomes NotReady after 40 seconds, and its pods are evicted five minutes later.',
    healing: 'The machine is started and waited for until it is Ready; where the lab stops, it stays off.',
  },
  claims: ({ name }) => [powerOf(name)],
  inject: (world, { target }) => world.machine(target.name, 'power-off'),
  async heal(world, { target }, why) {
    if (why !== 'lab-stopped') await world.machine(target.name, 'start')
  },
}
