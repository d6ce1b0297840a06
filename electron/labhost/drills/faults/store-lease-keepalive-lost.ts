/** Keepalives of leases do not arrive. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const storeLeaseKeepaliveLost = componentHook({
  name: 'store-lease-keepalive-lost', group: 'store', components: ['etcd'],
  title: 'Leases of the store run out',
  parameters: [...anyOf('lease')],
  effect: 'Keepalives of leases in the store are dropped, so that the leases expire with their keys.',
  evidence: 'etcdctl lease keep-alive gets no answer; the keys of the lease are gone when its time is up.',
  rule: order => ({ point: 'store.lease-keepalive', effect: 'drop', ...narrowed(order, ['lease']) }),
})
