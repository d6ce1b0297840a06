/** The cable of a node is out of the switch, while its control link stays: it loses its network but not its life. */
import type { Fault } from '../fault.ts'

export const nodeIsolated: Fault<'node'> = {
  kind: {
    name: 'node-isolated', title: 'A node is cut off from the others', group: 'network', target: 'node', resource: null, parameters: [], lasts: true, providers: ['qemu'],
    effect: 'The node neither sends nor gets a frame of the lab network; its API traffic, which takes the control link, goes on.',
    evidence: 'The node stays Ready, yet its pods are reached by no other node.',
    healing: 'The cable is plugged in again.',
  },
  claims: () => [],
  async inject(world, { id, target }) {
    await world.impair(id, { from: target.name, to: '*' }, { down: true })
    await world.impair(id, { from: '*', to: target.name }, { down: true })
  },
  heal: (world, { id }) => world.clearImpairments(id),
}
