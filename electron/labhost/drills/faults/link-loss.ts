/** Frames are lost by chance. */
import { numberOf } from '../fault.ts'
import { linkFault, percentParameter } from './link-fault.ts'

export const linkLoss = linkFault({
  name: 'link-loss', title: 'Frames get lost', alsoOnNodes: true,
  parameters: [percentParameter('percent', 10), percentParameter('correlationPercent', 0)],
  effect: 'Frames are lost at random, alone or, with a correlation, several in a row.',
  evidence: 'ping counts the loss; TCP sends again (nstat TcpRetransSegs) and slows down.',
  impairments: order => ({ loss: { model: 'random', percent: numberOf(order, 'percent'), correlationPercent: numberOf(order, 'correlationPercent') } }),
})
