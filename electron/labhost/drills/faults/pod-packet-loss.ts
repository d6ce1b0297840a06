/** A pod that loses packets. */
import { numberOf } from '../fault.ts'
import { percentParameter } from './link-fault.ts'
import { podFilter } from './pod-network.ts'

export const podPacketLoss = podFilter({
  name: 'pod-packet-loss', title: 'A pod loses packets', parameters: [percentParameter('percent', 10)],
  effect: 'Packets that the pod gets and sends are lost at random.',
  evidence: 'ping to the pod counts the loss; TCP sends again and slows down.',
  rules(order) {
    const chance = `numgen random mod 1000 < ${Math.round(numberOf(order, 'percent') * 10)}`
    return { input: [chance], output: [chance] }
  },
})
