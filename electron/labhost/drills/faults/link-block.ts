/** A firewall in the way. */
import { textOf } from '../fault.ts'
import { linkFault } from './link-fault.ts'

export const linkBlock = linkFault({
  name: 'link-block', title: 'A protocol is blocked on a link', alsoOnNodes: true,
  parameters: [{ name: 'expression', type: 'text', default: 'tcp' }],
  effect: 'Frames of which the expression holds do not pass, also inside a tunnel; everything else does.',
  evidence: 'Connections of that kind hang and time out, while ping still works.',
  impairments: order => ({ block: textOf(order, 'expression') }),
})
