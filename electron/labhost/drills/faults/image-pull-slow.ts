/** Images take long to come. */
import { numberOf } from '../fault.ts'
import { agentHook, milliseconds } from './hook-fault.ts'

export const imagePullSlow = agentHook({
  name: 'image-pull-slow', group: 'workload', agent: 'kubelet',
  title: 'Slow image pulls',
  parameters: [milliseconds(30_000)],
  effect: 'Each pull of an image on the node takes so much longer.',
  evidence: 'New pods stay in ContainerCreating with Pulling; those whose image is there start as always.',
  rule: order => ({ point: 'cri.call', effect: 'delay', match: { method: 'PullImage' }, parameters: { ms: numberOf(order, 'ms') } }),
})
