/** Every n-th frame is lost. */
import { numberOf } from '../fault.ts'
import { linkFault } from './link-fault.ts'

export const linkLossEvery = linkFault({
  name: 'link-loss-every', title: 'Every n-th frame gets lost', alsoOnNodes: true,
  parameters: [{ name: 'nth', type: 'number', unit: 'frames', least: 1, most: 1_000_000, default: 10 }],
  effect: 'Exactly every n-th frame is lost.',
  evidence: 'ping misses every n-th answer, always at the same distance.',
  impairments: order => ({ loss: { model: 'every', nth: Math.round(numberOf(order, 'nth')) } }),
})
