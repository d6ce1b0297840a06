/** Frames come twice. */
import { numberOf } from '../fault.ts'
import { linkFault, percentParameter } from './link-fault.ts'

export const linkDuplicate = linkFault({
  name: 'link-duplicate', title: 'Frames arrive twice',
  parameters: [percentParameter('percent', 10)],
  effect: 'Frames are given out twice.',
  evidence: 'ping reports DUP!; TCP drops the second copy.',
  impairments: order => ({ duplicatePercent: numberOf(order, 'percent') }),
})
