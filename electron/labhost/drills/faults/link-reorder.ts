/** Frames overtake each other. */
import { numberOf } from '../fault.ts'
import { linkFault, percentParameter } from './link-fault.ts'

export const linkReorder = linkFault({
  name: 'link-reorder', title: 'Frames overtake each other',
  parameters: [{ name: 'ms', type: 'number', unit: 'ms', least: 1, most: 60_000, default: 20 }, percentParameter('percent', 25)],
  effect: 'Frames are delayed except some, which overtake them.',
  evidence: 'A capture shows sequence numbers going back; TCP sends duplicate acknowledgements.',
  impairments: order => ({ delay: { ms: numberOf(order, 'ms') }, reorderPercent: numberOf(order, 'percent') }),
})
