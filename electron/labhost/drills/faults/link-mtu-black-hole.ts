/** Large packets vanish without a word. */
import { numberOf } from '../fault.ts'
import { linkFault } from './link-fault.ts'

export const linkMtuBlackHole = linkFault({
  name: 'link-mtu-black-hole', title: 'Large frames vanish on a link',
  parameters: [{ name: 'mtuBytes', type: 'number', unit: 'bytes', least: 68, most: 65_535, default: 1_400 }],
  effect: 'Packets larger than this are dropped, and nobody is told.',
  evidence: 'Connections are made and then stand still as soon as something large is sent; ping -s finds the size.',
  impairments: order => ({ mtuBytes: Math.round(numberOf(order, 'mtuBytes')) }),
})
