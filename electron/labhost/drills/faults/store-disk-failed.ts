/** The disk of the store fails. */
import { componentHook } from './hook-fault.ts'

export const storeDiskFailed = componentHook({
  name: 'store-disk-failed', group: 'store', components: ['etcd'],
  title: 'The disk under the store fails',
  effect: 'A flush of the store fails; the store ends, since nobody knows what is on the disk, and the next one fails likewise.',
  evidence: 'The restart count of etcd goes up; the API answers with errors of the store between the restarts.',
  rule: () => ({ point: 'store.sync', effect: 'error', parameters: { code: 5, message: 'input/output error' } }),
})
