/** The store has used up its quota. */
import { componentHook } from './hook-fault.ts'

export const storeNoSpace = componentHook({
  name: 'store-no-space', group: 'store', components: ['etcd'],
  title: 'The store is full',
  effect: 'Writes that need space are refused as with the NOSPACE alarm; reads and deletions go on.',
  evidence: 'kubectl apply fails with "etcdserver: mvcc: database space exceeded"; heartbeats of nodes are lost, so that they become NotReady.',
  rule: () => ({ point: 'store.space', effect: 'drop' }),
})
