/** Volumes stay where they are. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const volumeDetachStuck = componentHook({
  name: 'volume-detach-stuck', group: 'storage', components: ['cloud-controller-manager'],
  title: 'Volumes are not detached',
  parameters: [...anyOf('name')],
  effect: 'The cloud does not answer when a volume is to be taken out of the machine.',
  evidence: 'A pod that moves waits for its volume: Multi-Attach error; the VolumeAttachment does not go.',
  rule: order => ({ point: 'cloud.answer', effect: 'hold', match: { call: 'takeOut', ...narrowed(order, ['name']).match } }),
})
