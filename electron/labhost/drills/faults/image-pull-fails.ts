/** Images do not come. */
import { numberOf } from '../fault.ts'
import { agentHook } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const imagePullFails = agentHook({
  name: 'image-pull-fails', group: 'workload', agent: 'kubelet',
  title: 'Image pulls fail',
  parameters: [percentParameter('percent', 100)],
  effect: 'Pulls of images on the node fail.',
  evidence: 'ErrImagePull, then ImagePullBackOff; pods whose image is on the node start as always.',
  rule: order => ({ point: 'cri.call', effect: 'error', match: { method: 'PullImage' }, percent: numberOf(order, 'percent'), parameters: { code: 14, message: 'the registry cannot be reached on purpose' } }),
})
