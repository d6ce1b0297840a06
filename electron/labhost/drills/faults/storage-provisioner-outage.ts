/** No new volumes are made. */
import { componentHook } from './hook-fault.ts'

export const storageProvisionerOutage = componentHook({
  name: 'storage-provisioner-outage', group: 'storage', components: ['cloud-controller-manager'],
  title: 'The provisioner is out',
  effect: 'The cloud makes no new volumes.',
  evidence: 'New claims stay Pending, and so do their pods; bound ones go on.',
  rule: () => ({ point: 'cloud.answer', effect: 'error', match: { call: 'ensureVolume' }, parameters: { code: 503, message: 'no volumes on purpose' } }),
})
