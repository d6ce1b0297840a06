/** A node that loses packets of the LAN. */
import { numberOf } from '../fault.ts'
import { lanDevice, nodeFilter } from './node-filter.ts'

export const nodePacketLoss = nodeFilter({
  name: 'node-packet-loss', title: 'A node loses packets',
  parameters: [{ name: 'percent', type: 'number', unit: '%', least: 0, most: 100, default: 10 }],
  effect: 'Packets that the node gets and sends on the LAN are lost at random.',
  evidence: 'ping counts the loss; TCP sends again.',
  rules(order) {
    const chance = `numgen random mod 1000 < ${Math.round(numberOf(order, 'percent') * 10)}`
    return { input: [`iifname "${lanDevice}" ${chance}`], output: [`oifname "${lanDevice}" ${chance}`], forward: [] }
  },
})
