/** Frames are lost in bursts, by the model of Gilbert and Elliott. */
import { numberOf } from '../fault.ts'
import { linkFault, percentParameter } from './link-fault.ts'

export const linkLossBursts = linkFault({
  name: 'link-loss-bursts', title: 'Frames get lost in bursts',
  parameters: [percentParameter('toBadPercent', 1), percentParameter('toGoodPercent', 10), percentParameter('lossInBadPercent', 80), percentParameter('lossInGoodPercent', 0)],
  effect: 'The link goes between a good and a bad state, and loses frames as each state has it.',
  evidence: 'ping loses several answers in a row, then none for a while.',
  impairments: order => ({ loss: { model: 'gilbert-elliott', toBadPercent: numberOf(order, 'toBadPercent'), toGoodPercent: numberOf(order, 'toGoodPercent'), lossInBadPercent: numberOf(order, 'lossInBadPercent'), lossInGoodPercent: numberOf(order, 'lossInGoodPercent') } }),
})
