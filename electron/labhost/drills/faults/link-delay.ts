/** Frames arrive late. */
import type { DelayDistribution } from '../../../contract/links.ts'
import { numberOf, textOf } from '../fault.ts'
import { linkFault } from './link-fault.ts'

export const linkDelay = linkFault({
  name: 'link-delay', title: 'A slow link',
  parameters: [{ name: 'ms', type: 'number', unit: 'ms', least: 0, most: 60_000, default: 100 }, { name: 'jitterMs', type: 'number', unit: 'ms', least: 0, most: 60_000, default: 0 }, { name: 'distribution', type: 'choice', choices: ['uniform', 'normal', 'pareto', 'pareto-normal'], default: 'uniform' }],
  effect: 'Every frame is held for a while before it arrives.',
  evidence: 'ping between the nodes shows the delay; probes with a short timeout fail, TCP becomes slower.',
  impairments: order => ({ delay: { ms: numberOf(order, 'ms'), jitterMs: numberOf(order, 'jitterMs'), distribution: textOf(order, 'distribution') as DelayDistribution } }),
})
