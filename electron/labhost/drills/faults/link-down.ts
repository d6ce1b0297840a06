/** Nothing passes: a partition, of one direction or of both. */
import { linkFault } from './link-fault.ts'

export const linkDown = linkFault({
  name: 'link-down', title: 'A link is down', alsoOnNodes: true,
  parameters: [],
  effect: 'No frame passes in this direction; with one direction alone the partition is asymmetric.',
  evidence: 'ping gets no answer; a capture at the receiver shows nothing of the sender, at the sender everything.',
  impairments: () => ({ down: true }),
})
