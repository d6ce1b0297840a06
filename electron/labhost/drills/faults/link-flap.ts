/** A link that comes and goes. */
import { numberOf } from '../fault.ts'
import { linkFault } from './link-fault.ts'

export const linkFlap = linkFault({
  name: 'link-flap', title: 'A link comes and goes',
  parameters: [{ name: 'upMs', type: 'number', unit: 'ms', least: 1, most: 3_600_000, default: 5_000 }, { name: 'downMs', type: 'number', unit: 'ms', least: 1, most: 3_600_000, default: 5_000 }],
  effect: 'The link is up and down in turn.',
  evidence: 'ping is answered for a while and then not, again and again.',
  impairments: order => ({ flap: { upMs: numberOf(order, 'upMs'), downMs: numberOf(order, 'downMs') } }),
})
