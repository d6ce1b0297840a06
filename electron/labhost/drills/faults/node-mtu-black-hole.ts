/** Path MTU discovery is broken on a node. */
import { numberOf } from '../fault.ts'
import { lanDevice, nodeFilter } from './node-filter.ts'

export const nodeMtuBlackHole = nodeFilter({
  name: 'node-mtu-black-hole', title: 'Large packets vanish on a node',
  parameters: [{ name: 'bytes', type: 'number', unit: 'bytes', least: 68, most: 65_535, default: 1_000 }],
  effect: 'The node drops packets that are longer, and tells nobody.',
  evidence: 'Connections are made and then stand still as soon as something large is sent.',
  rules(order) {
    const longer = `meta length > ${Math.round(numberOf(order, 'bytes'))}`
    return { input: [`iifname "${lanDevice}" ${longer}`], output: [`oifname "${lanDevice}" ${longer}`], forward: [] }
  },
})
