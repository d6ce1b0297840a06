/**
 * Cluster IPs and node ports: handed out once, given back, rebuilt from the Services in the store.
 * Upstream: pkg/registry/core/service/storage/alloc.go, pkg/registry/core/service/{ipallocator,portallocator}.
 *
 *   SA-1  The first address is the default/kubernetes Service's; network and broadcast addresses are never handed out.
 *   SA-2  Addresses and ports nobody asked for come from above the static band while there are any, so that fixed ones find room.
 *   SA-3  What is asked for by name must be free and in range, else 422 on its field.
 *   SA-4  Type changes keep the address between ClusterIP, NodePort and LoadBalancer; ExternalName gives everything back.
 *   SA-5  Two Services being made at once never get the same: a value is taken before the write and given back if that fails.
 *   SA-6  A port number used twice in one Service under different protocols shares one node port.
 */
import { addressAt, ipv4ToNumber, readCidr } from '../../../base/ip.ts'
import type { Ipv4Range } from '../../../base/ip.ts'
import type { Random } from '../../../base/random.ts'
import { invalid as invalidField } from '../../../api/field-error.ts'
import { ApiError, invalid } from '../http/api-error.ts'
import { isFields, listAt, numberAt, textAt } from './kube-object.ts'
import type { Fields, KubeObject } from './kube-object.ts'
import type { WriteHooks } from './object-writer.ts'
import type { WriteContext } from './write-context.ts'

export interface AllocationOptions {
  readonly range: string
  readonly nodePorts: { readonly first: number; readonly size: number }
  readonly random: Random
}

const serviceKind = { group: '', kind: 'Service' }

interface PortFields extends Fields {
  port: number
  protocol?: string
  nodePort?: number
}

export class ServiceAllocations implements WriteHooks {
  readonly #range: Ipv4Range
  readonly #rangeText: string
  readonly #addressBand: number
  readonly #ports: { readonly first: number; readonly size: number }
  readonly #portBand: number
  readonly #random: Random
  readonly #takenAddresses = new Map<string, string>()
  readonly #takenPorts = new Map<number, string>()

  constructor(options: AllocationOptions) {
    const range = readCidr(options.range)
    if (range === undefined) throw new Error(`--service-cluster-ip-range: ${JSON.stringify(options.range)} is not an IPv4 CIDR`)
    this.#range = range
    this.#rangeText = options.range
    this.#addressBand = Math.min(Math.max(16, Math.floor(range.size / 16)), 256)
    this.#ports = options.nodePorts
    this.#portBand = Math.min(Math.max(16, Math.floor(options.nodePorts.size / 32)), 128)
    this.#random = options.random
  }

  /** First address of the range: the API server's own. */
  get serverAddress(): string {
    return addressAt(this.#range, 1)
  }

  rebuild(services: readonly KubeObject[]): void {
    this.#takenAddresses.clear()
    this.#takenPorts.clear()
    for (const service of services) this.#take(service)
  }

  async beforeCreate(service: KubeObject, context: WriteContext): Promise<() => void> {
    return this.#undoing(context, undo => {
      this.#assignAddress(service, undefined, undo)
      this.#assignPorts(service, undefined, undo)
    })
  }

  async beforeUpdate(service: KubeObject, old: KubeObject, context: WriteContext): Promise<() => void> {
    const spec = specOf(service)
    const oldSpec = specOf(old)
    // Fields that the server filled in stay when a client that does not know them leaves them out.
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
      if (spec[field] === undefined && hasAddress(service) && hasAddress(old) && oldSpec[field] !== undefined) spec[field] = oldSpec[field]
    }
    keepNodePorts(service, old)
    const undo = this.#undoing(context, steps => {
      this.#assignAddress(service, old, steps)
      this.#assignPorts(service, old, steps)
    })
    return undo
  }

  /** After a write or a deletion the store's watch tells the truth; this gives back at once what this server deleted. */
  afterDelete(service: KubeObject): void {
    for (const address of addressesOf(service)) if (this.#takenAddresses.get(address) === keyOf(service)) this.#takenAddresses.delete(address)
    for (const port of nodePortsOf(service)) if (this.#takenPorts.get(port) === keyOf(service)) this.#takenPorts.delete(port)
  }

  /** A change seen from the store, of this server or another. */
  observe(service: KubeObject, previous: KubeObject | undefined, isGone: boolean): void {
    if (isGone) {
      this.afterDelete(service)
      return
    }
    if (previous !== undefined) this.#releaseDropped(previous, service)
    this.#take(service)
  }

  #releaseDropped(previous: KubeObject, service: KubeObject): void {
    const key = keyOf(service)
    const addresses = addressesOf(service)
    const ports = nodePortsOf(service)
    for (const address of addressesOf(previous)) if (!addresses.includes(address) && this.#takenAddresses.get(address) === key) this.#takenAddresses.delete(address)
    for (const port of nodePortsOf(previous)) if (!ports.includes(port) && this.#takenPorts.get(port) === key) this.#takenPorts.delete(port)
  }

  #take(service: KubeObject): void {
    for (const address of addressesOf(service)) this.#takenAddresses.set(address, keyOf(service))
    for (const port of nodePortsOf(service)) this.#takenPorts.set(port, keyOf(service))
  }

  #undoing(context: WriteContext, assign: (undo: (() => void)[]) => void): () => void {
    const undo: (() => void)[] = []
    const giveBack = () => {
      for (const step of undo.splice(0).reverse()) step()
    }
    try {
      assign(undo)
    } catch (error) {
      giveBack() // SA-5
      throw error
    }
    void context
    return giveBack
  }

  #assignAddress(service: KubeObject, old: KubeObject | undefined, undo: (() => void)[]): void {
    const spec = specOf(service)
    if (spec['type'] === 'ExternalName') { // SA-4
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) delete spec[field]
      return
    }
    const listed = listAt(spec, 'clusterIPs')
    const asked = textAt(spec, 'clusterIP') !== '' ? textAt(spec, 'clusterIP') : String(listed[0] ?? '')
    spec['ipFamilies'] ??= ['IPv4']
    spec['ipFamilyPolicy'] ??= 'SingleStack'
    if (asked === 'None') {
      Object.assign(spec, { clusterIP: 'None', clusterIPs: ['None'] })
      if (Object.keys(isFields(spec['selector']) ? spec['selector'] : {}).length === 0 && old === undefined && listAt(spec, 'ports').length === 0) spec['ipFamilyPolicy'] = 'SingleStack'
      return
    }
    const address = asked !== '' ? this.#takeAddress(service, asked, old, undo) : this.#freeAddress(service, undo)
    Object.assign(spec, { clusterIP: address, clusterIPs: [address] })
  }

  #takeAddress(service: KubeObject, address: string, old: KubeObject | undefined, undo: (() => void)[]): string {
    const holder = this.#takenAddresses.get(address)
    const key = keyOf(service)
    if (old !== undefined && addressesOf(old).includes(address)) return address
    const failed = (why: string) => invalid(serviceKind, service.metadata.name!, [invalidField('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`)])
    const value = ipv4ToNumber(address)
    if (value === undefined) throw invalid(serviceKind, service.metadata.name!, [invalidField('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')])
    const offset = value - this.#range.first
    if (offset < 1 || offset > this.#range.size - 2) throw failed(`the provided IP (${address}) is not in the valid range. The range of valid IPs is ${this.#rangeText}`) // SA-3
    if (holder !== undefined && holder !== key) throw failed('provided IP is already allocated')
    this.#holdAddress(address, key, undo)
    return address
  }

  #freeAddress(service: KubeObject, undo: (() => void)[]): string {
    const last = this.#range.size - 2
    const offset = this.#pick(this.#addressBand + 1, last, candidate => this.#isFreeAddress(candidate)) ?? this.#pick(2, Math.min(this.#addressBand, last), candidate => this.#isFreeAddress(candidate)) // SA-2
    if (offset === undefined) throw new ApiError('InternalError', 'failed to allocate a serviceIP: range is full')
    const address = addressAt(this.#range, offset)
    this.#holdAddress(address, keyOf(service), undo)
    return address
  }

  #isFreeAddress(offset: number): boolean {
    return !this.#takenAddresses.has(addressAt(this.#range, offset))
  }

  #holdAddress(address: string, key: string, undo: (() => void)[]): void {
    this.#takenAddresses.set(address, key)
    undo.push(() => {
      if (this.#takenAddresses.get(address) === key) this.#takenAddresses.delete(address)
    })
  }

  #assignPorts(service: KubeObject, old: KubeObject | undefined, undo: (() => void)[]): void {
    const spec = specOf(service)
    const type = spec['type']
    const wants = type === 'NodePort' || (type === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)
    const ports = listAt(spec, 'ports') as PortFields[]
    const mine = new Set(old === undefined ? [] : nodePortsOf(old))
    const byNumber = new Map<number, number>()
    for (const port of ports) {
      const asked = port.nodePort ?? 0
      if (asked !== 0 && (type === 'NodePort' || type === 'LoadBalancer')) {
        this.#takePort(service, asked, mine, byNumber, undo)
        byNumber.set(port.port, asked)
      } else if (wants) {
        const shared = byNumber.get(port.port) // SA-6
        port.nodePort = shared ?? this.#freePort(service, undo)
        byNumber.set(port.port, port.nodePort)
      }
    }
    if (type === 'NodePort' || type === 'LoadBalancer') this.#assignHealthPort(service, mine, undo)
  }

  #assignHealthPort(service: KubeObject, mine: ReadonlySet<number>, undo: (() => void)[]): void {
    const spec = specOf(service)
    const needs = spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local'
    if (!needs) return
    const asked = numberAt(spec, 'healthCheckNodePort') ?? 0
    if (asked === 0) spec['healthCheckNodePort'] = this.#freePort(service, undo)
    else this.#takePort(service, asked, mine, new Map(), undo)
  }

  #takePort(service: KubeObject, port: number, mine: ReadonlySet<number>, byNumber: ReadonlyMap<number, number>, undo: (() => void)[]): void {
    if (mine.has(port) || [...byNumber.values()].includes(port)) return
    const last = this.#ports.first + this.#ports.size - 1
    if (port < this.#ports.first || port > last) {
      throw invalid(serviceKind, service.metadata.name!, [invalidField('spec.ports[0].nodePort', port, `provided port is not in the valid range. The range of valid ports is ${this.#ports.first}-${last}`)])
    }
    if (this.#takenPorts.has(port)) throw invalid(serviceKind, service.metadata.name!, [invalidField('spec.ports[0].nodePort', port, 'provided port is already allocated')])
    this.#holdPort(port, keyOf(service), undo)
  }

  #freePort(service: KubeObject, undo: (() => void)[]): number {
    const isFree = (offset: number) => !this.#takenPorts.has(this.#ports.first + offset)
    const offset = this.#pick(this.#portBand, this.#ports.size - 1, isFree) ?? this.#pick(0, this.#portBand - 1, isFree)
    if (offset === undefined) throw new ApiError('InternalError', 'failed to allocate a nodePort: range is full')
    const port = this.#ports.first + offset
    this.#holdPort(port, keyOf(service), undo)
    return port
  }

  #holdPort(port: number, key: string, undo: (() => void)[]): void {
    this.#takenPorts.set(port, key)
    undo.push(() => {
      if (this.#takenPorts.get(port) === key) this.#takenPorts.delete(port)
    })
  }

  /** A free number between first and last, by chance, then in order. */
  #pick(first: number, last: number, isFree: (candidate: number) => boolean): number | undefined {
    if (last < first) return undefined
    const span = last - first + 1
    const start = Math.floor(this.#random.next() * span)
    for (let step = 0; step < span; step++) {
      const candidate = first + ((start + step) % span)
      if (isFree(candidate)) return candidate
    }
    return undefined
  }
}

function specOf(service: KubeObject): Fields {
  if (!isFields(service['spec'])) service['spec'] = {}
  return service['spec'] as Fields
}

function keyOf(service: KubeObject): string {
  return `${service.metadata.namespace ?? ''}/${service.metadata.name ?? ''}`
}

function hasAddress(service: KubeObject): boolean {
  return specOf(service)['type'] !== 'ExternalName'
}

function addressesOf(service: KubeObject): string[] {
  return (listAt(service, 'spec', 'clusterIPs') as string[]).filter(address => address !== 'None' && address !== '')
}

function nodePortsOf(service: KubeObject): number[] {
  const ports = (listAt(service, 'spec', 'ports') as PortFields[]).map(port => port.nodePort ?? 0)
  return [...ports, numberAt(service, 'spec', 'healthCheckNodePort') ?? 0].filter(port => port !== 0)
}

/** A client that leaves node ports out of an update keeps those of the ports it still names. */
function keepNodePorts(service: KubeObject, old: KubeObject): void {
  const spec = specOf(service)
  const type = spec['type']
  const before = listAt(old, 'spec', 'ports') as PortFields[]
  const had = specOf(old)['type']
  if ((type !== 'NodePort' && type !== 'LoadBalancer') || (had !== 'NodePort' && had !== 'LoadBalancer')) {
    if (type === 'ClusterIP' && (had === 'NodePort' || had === 'LoadBalancer')) {
      // Ports the old type had and nobody asked to keep.
      for (const port of listAt(spec, 'ports') as PortFields[]) if (before.some(other => other.nodePort === port.nodePort)) delete port.nodePort
    }
    return
  }
  for (const port of listAt(spec, 'ports') as PortFields[]) {
    if ((port.nodePort ?? 0) !== 0) continue
    const same = before.find(other => other.port === port.port && (other.protocol ?? 'TCP') === (port.protocol ?? 'TCP'))
    if (same?.nodePort !== undefined) port.nodePort = same.nodePort
  }
}
