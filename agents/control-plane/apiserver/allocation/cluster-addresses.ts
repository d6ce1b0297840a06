/**
 * Addresses of Services: an IPAddress object of that name is the allocation, so no two API servers give out the same.
 * Upstream: pkg/registry/core/service/ipallocator/{ipallocator,cidrallocator}.go.
 *
 *   CA1  Whoever makes the object has the address; where it exists already, the address is taken, or the next is tried.
 *   CA2  Addresses come from every ServiceCIDR that is ready and not being deleted; until there is one, from the flag's range.
 *   CA3  Unasked ones come from above a range's static band while there are any; the first of all is the API server's own.
 *   CA4  An address is given back only while it is still for the Service that gives it back.
 */
import { addressAt, readCidr } from '../../../base/ip.ts'
import type { Ipv4Range } from '../../../base/ip.ts'
import type { Random } from '../../../base/random.ts'
import { serverContext } from '../bootstrap/ensure-objects.ts'
import { ApiError } from '../http/api-error.ts'
import type { ObjectWriter } from '../registry/object-writer.ts'
import type { ResourceTable } from '../registry/resource-table.ts'
import { addressesResource, addressObject, givesOut, isOpen, rangesOf, rangesResource, serviceOf } from './address-objects.ts'
import type { ServiceName } from './address-objects.ts'
import { pickFree } from './pick-free.ts'

export interface ClusterAddressesDeps {
  readonly table: Pick<ResourceTable, 'get' | 'list' | 'getFresh' | 'stored'>
  readonly writer: () => Pick<ObjectWriter, 'create' | 'delete'>
  readonly random: Random
  readonly signal: AbortSignal
}

export class ClusterAddresses {
  readonly #deps: ClusterAddressesDeps
  readonly #flagRange: Ipv4Range

  constructor(flagRange: string, deps: ClusterAddressesDeps) {
    const range = readCidr(flagRange)
    if (range === undefined) throw new Error(`--service-cluster-ip-range: ${JSON.stringify(flagRange)} is not an IPv4 CIDR`)
    this.#flagRange = range
    this.#deps = deps
  }

  async take(address: string, service: ServiceName): Promise<'allocated' | 'taken' | 'out of range'> {
    if (!this.contains(address)) return 'out of range'
    return (await this.#make(address, service)) ? 'allocated' : 'taken'
  }

  /** Undefined when every range is full. */
  async takeAny(service: ServiceName): Promise<string | undefined> {
    for (const range of this.#openRanges()) {
      const lost = new Set<string>()
      for (let address = this.#free(range, lost); address !== undefined; address = this.#free(range, lost)) {
        if (await this.#make(address, service)) return address
        lost.add(address) // CA1: another server was first and its object has not come by yet
      }
    }
    return undefined
  }

  async giveBack(address: string, service: ServiceName): Promise<void> {
    const { table, writer, signal } = this.#deps
    const held = await table.getFresh(addressesResource, '', address)
    const of = held === undefined ? undefined : serviceOf(held)
    if (of?.namespace !== service.namespace || of.name !== service.name) return // CA4
    await writer().delete({ resource: table.stored(addressesResource)!, namespace: '', name: address }, { preconditions: { uid: held!.metadata.uid! } }, serverContext(signal)).catch((error: unknown) => {
      if (!(error instanceof ApiError && (error.reason === 'NotFound' || error.reason === 'Conflict'))) throw error
    })
  }

  /** What a dry run shows of an address it would have been given. */
  get example(): string {
    return addressAt(this.#openRanges()[0] ?? this.#flagRange, 0)
  }

  contains(address: string): boolean {
    return this.#openRanges().some(range => givesOut(range, address))
  }

  #openRanges(): Ipv4Range[] {
    const declared = this.#deps.table.list(rangesResource)
    return declared.length === 0 ? [this.#flagRange] : declared.filter(isOpen).flatMap(rangesOf).map(({ range }) => range) // CA2
  }

  #free(range: Ipv4Range, lost: ReadonlySet<string>): string | undefined {
    const { random, table } = this.#deps
    const last = range.size - 2
    const band = range.size <= 16 ? 0 : Math.min(Math.max(16, Math.floor(range.size / 16)), 256)
    const isFree = (offset: number) => {
      const address = addressAt(range, offset)
      return !lost.has(address) && table.get(addressesResource, '', address) === undefined
    }
    const offset = pickFree(random, Math.max(2, band + 1), last, isFree) ?? pickFree(random, 2, Math.min(band, last), isFree) // CA3
    return offset === undefined ? undefined : addressAt(range, offset)
  }

  /** False when there is one of that name (CA1). */
  async #make(address: string, service: ServiceName): Promise<boolean> {
    const { table, writer, signal } = this.#deps
    try {
      await writer().create(table.stored(addressesResource)!, '', addressObject(address, service), serverContext(signal))
      return true
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists') return false
      throw error
    }
  }
}
