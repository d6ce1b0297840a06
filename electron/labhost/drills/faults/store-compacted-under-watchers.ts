/** History is compacted away under whoever watches. */
import { componentHook } from './hook-fault.ts'

export const storeCompactedUnderWatchers = componentHook({
  name: 'store-compacted-under-watchers', group: 'store', components: ['etcd'],
  title: 'Compaction overtakes the watchers',
  effect: 'With every write the watchers of the store are told that what they wait for has been compacted.',
  evidence: 'The API server reads everything anew; every watch of its clients ends with 410, and informers list again (their "lists" in kubarium inspect).',
  rule: () => ({ point: 'store.watch', effect: 'error', parameters: { code: 11, message: 'compacted' } }),
})
