/** Volumes cannot be plugged into a machine. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const volumeAttachFails = componentHook({
  name: 'volume-attach-fails', group: 'storage', components: ['cloud-controller-manager'],
  title: 'Volumes are not attached',
  parameters: [...anyOf('name')],
  effect: 'The cloud refuses to plug volumes into the machine.',
  evidence: 'Pods with a claim stay in ContainerCreating with FailedAttachVolume.',
  rule: order => ({ point: 'cloud.answer', effect: 'error', match: { call: 'plugIn', ...narrowed(order, ['name']).match }, parameters: { code: 500, message: 'the volume cannot be attached on purpose' } }),
})
