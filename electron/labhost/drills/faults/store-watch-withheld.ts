/** Writes happen, and nobody is told. */
import { componentHook } from './hook-fault.ts'

export const storeWatchWithheld = componentHook({
  name: 'store-watch-withheld', group: 'store', components: ['etcd'],
  title: 'The store tells of no changes',
  effect: 'Changes are stored and not told to watchers.',
  evidence: 'Objects are made, and no controller moves; consistent reads of the API wait and time out.',
  rule: () => ({ point: 'store.watch', effect: 'hold' }),
})
