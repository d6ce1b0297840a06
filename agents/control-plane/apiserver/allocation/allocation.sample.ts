/** Addresses and node ports over a store in memory, for tests. */
import { FakeClock } from '../../../base/fake-clock.ts'
import { silentLog } from '../../../base/log.ts'
import { seededRandom } from '../../../base/random.ts'
import { ApiError } from '../http/api-error.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { MemoryStorage } from '../storage/memory-storage.ts'
import { addressesResource, rangesResource } from './address-objects.ts'
import { ClusterAddresses } from './cluster-addresses.ts'
import type { ClusterAddressesDeps } from './cluster-addresses.ts'
import { NodePorts, portRangeKey } from './node-ports.ts'
import { renderRange } from './port-range.ts'
import type { PortSpan } from './port-range.ts'
import { ServiceAllocations } from './service-allocations.ts'

export const ports: PortSpan = { first: 30_000, size: 100 }

/** What the servers of one store share. */
export interface SharedStore {
  readonly storage: MemoryStorage
  readonly addresses: Map<string, KubeObject>
  readonly serviceRanges: KubeObject[]
}

export async function newSharedStore({ isInitialised = true } = {}): Promise<SharedStore> {
  const storage = new MemoryStorage(new FakeClock())
  if (isInitialised) await storage.put(portRangeKey, renderRange(ports, new Set()), 0)
  return { storage, addresses: new Map(), serviceRanges: [] }
}

/** One server's allocator; `cached` false is one whose cache has not seen the other servers' objects yet. */
export function allocatorOf(store: SharedStore, { range = '10.96.0.0/24', seed = 1, cached = true } = {}): { allocations: ServiceAllocations; nodePorts: NodePorts; addresses: ClusterAddresses } {
  const random = seededRandom(seed)
  let serial = 0
  const table = {
    get: (of: object, _namespace: string, name: string) => (cached && of === addressesResource ? store.addresses.get(name) : undefined),
    list: (of: object) => (of === rangesResource ? store.serviceRanges : []),
    getFresh: async (_of: object, _namespace: string, name: string) => store.addresses.get(name),
    stored: () => undefined,
  } as unknown as ClusterAddressesDeps['table']
  const writer = {
    async create(_resource: unknown, _namespace: string, object: KubeObject) {
      const name = object.metadata.name!
      if (store.addresses.has(name)) throw new ApiError('AlreadyExists', name)
      store.addresses.set(name, { ...object, metadata: { ...object.metadata, uid: `u${seed}-${++serial}` } })
    },
    async delete({ name }: { name: string }) {
      store.addresses.delete(name)
    },
  } as unknown as ReturnType<ClusterAddressesDeps['writer']>
  const addresses = new ClusterAddresses(range, { table, writer: () => writer, random, signal: new AbortController().signal })
  const nodePorts = new NodePorts(ports, store.storage, random)
  return { allocations: new ServiceAllocations(addresses, nodePorts, silentLog), nodePorts, addresses }
}
