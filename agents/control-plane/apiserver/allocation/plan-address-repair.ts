/**
 * What is wrong between Services and IPAddress objects, and what mends it. Each Service address has one IPAddress of that name
 * that refers to the Service. Upstream: pkg/registry/core/service/ipallocator/controller/repairip.go.
 *
 *   AR1  A Service whose address has no IPAddress gets one; one that refers to something else, or to a Service that is not
 *        there, or has lost its labels, is made anew.
 *   AR2  Two Services with one address: the IPAddress stays with the one it names, and the other is told.
 *   AR3  An address outside every ServiceCIDR is told, and nothing else done.
 *   AR4  An IPAddress of the allocator whose Service is not there goes after sixty seconds: until then the Service may still be
 *        on its way. So does one whose Service has other addresses: the Service may be about to get this one (upstream
 *        takes such an object away at once, from under the write that made it). Those of others are let be.
 */
import { ipv4ToNumber } from '../../../base/ip.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { clusterAddressesOf, familyOf, givesOut, hasRightLabels, isManaged, parentText, rangesOf, serviceOf } from './address-objects.ts'
import type { ServiceName } from './address-objects.ts'

export interface AddressWorld {
  service(name: ServiceName): KubeObject | undefined
  address(name: string): KubeObject | undefined
  readonly serviceRanges: readonly KubeObject[]
  readonly nowMs: number
}

export interface RepairEvent {
  readonly subject: KubeObject
  readonly reason: string
  readonly action: 'ClusterIPAllocation' | 'ClusterIPValidation' | 'IPAddressAllocation'
  readonly message: string
}

export interface AddressRepair {
  readonly events: readonly RepairEvent[]
  /** Addresses whose object is to be made for the Service. */
  readonly make: readonly string[]
  /** Objects that go, before anything is made. */
  readonly remove: readonly KubeObject[]
  /** When to look again. */
  readonly againMs?: number
}

const graceMs = 60_000

export function planServiceRepair(service: KubeObject, world: AddressWorld): AddressRepair {
  const events: RepairEvent[] = []
  const make: string[] = []
  const remove: KubeObject[] = []
  const { namespace = '', name = '' } = service.metadata
  const tell = (reason: string, message: string, action: RepairEvent['action'] = 'ClusterIPAllocation') => events.push({ subject: service, reason, action, message })
  const remake = (address: KubeObject) => {
    remove.push(address)
    make.push(address.metadata.name!)
  }
  for (const address of clusterAddressesOf(service)) {
    const family = familyOf(address)
    if (family === 'IPv4' && ipv4ToNumber(address) === undefined) {
      tell('ClusterIPNotValid', `Cluster IP ${address} is not a valid IP; please recreate Service`, 'ClusterIPValidation')
      continue
    }
    if (!world.serviceRanges.flatMap(rangesOf).some(({ range }) => givesOut(range, address))) { // AR3
      tell('ClusterIPOutOfRange', `Cluster IP [${family}]: ${address} is not within any configured Service CIDR; please recreate service`)
      continue
    }
    const held = world.address(address)
    if (held === undefined) { // AR1
      tell('ClusterIPNotAllocated', `Cluster IP [${family}]: ${address} is not allocated; repairing`)
      make.push(address)
      continue
    }
    const holder = serviceOf(held)
    const isOurs = holder?.namespace === namespace && holder.name === name
    const other = holder === undefined || isOurs ? undefined : world.service(holder)
    if (!isOurs && other === undefined) { // AR1
      tell('ClusterIPNotAllocated', `the ClusterIP [${family}]: ${address} for Service ${namespace}/${name} has a wrong reference; repairing`)
      remake(held)
      continue
    }
    if (other !== undefined && clusterAddressesOf(other).includes(address)) tell('ClusterIPAlreadyAllocated', `Cluster IP [${family}]:${address} was assigned to multiple services; please recreate service`) // AR2
    if (isOurs && !hasRightLabels(held)) remake(held)
  }
  return { events, make, remove }
}

export function planAddressRepair(address: KubeObject, world: AddressWorld): AddressRepair {
  const nothing = { events: [], make: [], remove: [] }
  if (!isManaged(address)) return nothing // AR4
  const gone = (reason: string, message: string): AddressRepair => ({ events: [{ subject: address, reason, action: 'IPAddressAllocation', message }], make: [], remove: [address] })
  const { name = '', creationTimestamp = '' } = address.metadata
  const of = serviceOf(address)
  if (of === undefined) return gone('IPAddressNotAllocated', `IPAddress ${name} appears to have been modified, not referencing a Service ${parentText(address)}: cleaning up`)
  const service = world.service(of)
  if (service !== undefined && clusterAddressesOf(service).includes(name)) return nothing
  const leftMs = Date.parse(creationTimestamp) + graceMs - world.nowMs
  if (leftMs >= 0) return { ...nothing, againMs: leftMs + 1 } // AR4
  return service === undefined
    ? gone('IPAddressNotAllocated', `IPAddress: ${name} for Service ${of.namespace}/${of.name} appears to have leaked: cleaning up`)
    : gone('IPAddressWrongReference', `IPAddress: ${name} for Service ${of.namespace}/${of.name} has a wrong reference; cleaning up`)
}
