/** The overlay believes in a wrong MTU. */
import { numberOf } from '../fault.ts'
import { agentHook } from './hook-fault.ts'

export const overlayMtuWrong = agentHook({
  name: 'overlay-mtu-wrong', group: 'node-agents', agent: 'overlay',
  title: 'A wrong MTU of the overlay',
  parameters: [{ name: 'bytes', type: 'number', unit: 'bytes', least: 576, most: 9_000, default: 9_000 }],
  effect: 'The overlay of the node, and pods made from now on, get this MTU.',
  evidence: 'Small packets pass, large ones do not: ping -s 1400 fails where ping works, and downloads hang.',
  rule: order => ({ point: 'overlay.mtu', effect: 'change', parameters: { value: String(Math.round(numberOf(order, 'bytes'))) } }),
})
