/** etcdserverpb.Lease */
import {
  leaseGrantRequestCodec, leaseGrantResponseCodec, leaseIdCodec, leaseKeepAliveResponseCodec, leaseLeasesRequestCodec, leaseLeasesResponseCodec,
  leaseTimeToLiveRequestCodec, leaseTimeToLiveResponseCodec,
} from '../../../wire/etcd/lease-messages.ts'
import { headerOnlyCodec } from '../../../wire/etcd/kv-messages.ts'
import { servicePaths } from '../../../wire/etcd/service-paths.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import { keyToBytes } from '../mvcc/key-bytes.ts'
import type { Store } from '../store.ts'
import { afterDurable, unary, type Methods } from './methods.ts'

const keepAliveFault = faultPoints.define({ name: 'store.lease-keepalive', help: 'A keepalive of a lease, by its id. drop: it never arrives, and nobody answers.', attributes: ['lease'], effects: ['drop'] })

export function leaseService(store: Store): Methods {
  return [
    [servicePaths.leaseGrant, unary(leaseGrantRequestCodec, leaseGrantResponseCodec, ({ id, ttl }) => afterDurable(store, async () => {
      const lease = await store.leaseGrant(id, ttl)
      return { header: store.header(), id: lease.id, ttl: BigInt(lease.ttlSeconds), error: '' }
    }))],
    [servicePaths.leaseRevoke, unary(leaseIdCodec, headerOnlyCodec, ({ id }) => afterDurable(store, async () => {
      await store.leaseRevoke(id)
      return { header: store.header(store.watches.published) }
    }))],
    [servicePaths.leaseKeepAlive, {
      kind: 'stream',
      open(call) {
        return {
          request(message) {
            const { id } = leaseIdCodec.decode(message)
            if (keepAliveFault.rules !== undefined && keepAliveFault.refuses({ lease: String(id) })) return
            const ttl = BigInt(store.leases.renew(id))
            call.send(leaseKeepAliveResponseCodec.encode({ header: store.header(store.watches.published), id, ttl }))
          },
          finished() { call.end() },
        }
      },
    }],
    [servicePaths.leaseTimeToLive, unary(leaseTimeToLiveRequestCodec, leaseTimeToLiveResponseCodec, ({ id, keys }) => afterDurable(store, async () => {
      await store.durable()
      const lease = store.leases.get(id)
      const header = store.header(store.watches.published)
      if (lease === undefined) return { header, id, ttl: -1n, grantedTtl: 0n, keys: [] }
      const ttl = BigInt(Math.floor(store.leases.remainingMs(id) / 1000))
      return { header, id, ttl, grantedTtl: BigInt(lease.ttlSeconds), keys: keys ? [...lease.keys].sort().map(keyToBytes) : [] }
    }))],
    [servicePaths.leaseLeases, unary(leaseLeasesRequestCodec, leaseLeasesResponseCodec, () => afterDurable(store, async () => {
      await store.durable()
      return { header: store.header(store.watches.published), leases: store.leases.all().map(({ id }) => ({ id })) }
    }))],
  ]
}
