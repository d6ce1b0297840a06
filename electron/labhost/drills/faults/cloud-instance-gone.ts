/** The cloud denies that a machine exists. */
import { textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const cloudInstanceGone = componentHook({
  name: 'cloud-instance-gone', group: 'cloud', components: ['cloud-controller-manager'],
  title: 'The cloud has lost a machine',
  parameters: [text('name', 'node-1')],
  effect: 'The cloud says that there is no machine of this name.',
  evidence: 'Once its node is not Ready, the cloud controller manager deletes it; a node that is Ready stays.',
  rule: order => ({ point: 'cloud.answer', effect: 'drop', match: { call: 'instances', name: textOf(order, 'name') } }),
})
