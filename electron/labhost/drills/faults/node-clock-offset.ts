/** The clock of a node is wrong. */
import { type Fault, type FaultWorld, numberOf } from '../fault.ts'
import { clockOf } from '../claims.ts'

export const nodeClockOffset: Fault<'node'> = {
  kind: {
    name: 'node-clock-offset', title: "A node's clock is wrong", group: 'time', target: 'node', resource: null, lasts: true, providers: ['qemu'],
    parameters: [{ name: 'seconds', type: 'number', unit: 's', least: -315_360_000, most: 315_360_000, default: 3_600 }],
    effect: 'The wall clock of the node is set ahead, or back with a negative number.',
    evidence: 'date on the node; certificates seem expired or not yet valid, and Leases of the node carry the wrong time.',
    healing: 'The clock is set by that of the desktop.',
  },
  claims: ({ name }) => [clockOf(name)],
  inject: (world, order) => setClock(world, order.target.name, world.now() + numberOf(order, 'seconds') * 1_000),
  heal: (world, { target }) => setClock(world, target.name, world.now()),
}

async function setClock(world: FaultWorld, node: string, epochMs: number): Promise<void> {
  await world.run(node, ['date', '-u', '-s', `@${(epochMs / 1_000).toFixed(3)}`])
}
