/** The disk of the store answers nothing any more. */
import { componentHook } from './hook-fault.ts'

export const storeDiskStuck = componentHook({
  name: 'store-disk-stuck', group: 'store', components: ['etcd'],
  title: 'The disk under the store hangs',
  effect: 'No flush of the store comes to an end.',
  evidence: 'Every write through the API hangs until it times out; leases are not renewed, and leaders step down.',
  rule: () => ({ point: 'store.sync', effect: 'hold' }),
})
