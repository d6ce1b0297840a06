/**
 * Cluster IPs and node ports of Services: taken before a Service is written, given back when that fails or when it needs them
 * no longer. Upstream: pkg/registry/core/service/storage/alloc.go.
 *
 *   SA-1  The first address is the default/kubernetes Service's; network and broadcast addresses are never handed out.
 *   SA-2  Addresses and ports nobody asked for come from above the static band while there are any, so that fixed ones find room.
 *   SA-3  What is asked for by name must be free and in range, else 422 on its field.
 *   SA-4  Type changes keep the address between ClusterIP, NodePort and LoadBalancer; ExternalName gives everything back.
 *   SA-5  Two Services being made at once never get the same, whichever API servers make them (cluster-addresses.ts,
 *         node-ports.ts): a value is taken before the write, and given back if that fails.
 *   SA-6  A port number used twice in one Service under different protocols shares one node port.
 *   SA-7  What only the old object had is given back after the new one is in the store, never before.
 *   SA-8  A dry run takes nothing: it is shown the range's own address, and ports from 32769 on, as upstream shows them.
 *   SA-9  What is asked for is judged before anything is taken for it; who would hold an address must have a name.
 */
import { ipv4ToNumber } from '../../../base/ip.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import { invalid as invalidField } from '../../../api/field-error.ts'
import { validateClusterIps } from '../../../api/groups/core-v1/service.ts'
import type { ServiceSpec } from '../../../api/groups/core-v1/types.ts'
import { ApiError, invalid } from '../http/api-error.ts'
import { isFields, listAt, numberAt, textAt } from '../registry/kube-object.ts'
import type { Fields, KubeObject } from '../registry/kube-object.ts'
import type { GiveBack, WriteHooks } from '../registry/object-writer.ts'
import type { WriteContext } from '../registry/write-context.ts'
import { clusterAddressesOf } from './address-objects.ts'
import type { ServiceName } from './address-objects.ts'
import type { ClusterAddresses } from './cluster-addresses.ts'
import type { NodePorts } from './node-ports.ts'
import { spanText } from './port-range.ts'

const serviceKind = { group: '', kind: 'Service' }
const firstShownPort = 32_769

interface PortFields extends Fields {
  port: number
  protocol?: string
  nodePort?: number
}

/** What one write has taken so far. */
interface Taking {
  readonly service: KubeObject
  readonly name: ServiceName
  readonly old: KubeObject | undefined
  readonly dryRun: boolean
  readonly addresses: string[]
  readonly ports: number[]
}

export class ServiceAllocations implements WriteHooks {
  readonly #addresses: ClusterAddresses
  readonly #ports: NodePorts
  readonly #log: Log

  constructor(addresses: ClusterAddresses, ports: NodePorts, log: Log) {
    this.#addresses = addresses
    this.#ports = ports
    this.#log = log
  }

  async beforeCreate(service: KubeObject, context: WriteContext): Promise<GiveBack> {
    return await this.#taking({ service, name: nameOf(service), old: undefined, dryRun: context.dryRun, addresses: [], ports: [] })
  }

  async beforeUpdate(service: KubeObject, old: KubeObject, context: WriteContext): Promise<GiveBack> {
    const spec = specOf(service)
    const oldSpec = specOf(old)
    // Fields that the server filled in stay when a client that does not know them leaves them out.
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) {
      if (spec[field] === undefined && hasAddress(service) && hasAddress(old) && oldSpec[field] !== undefined) spec[field] = oldSpec[field]
    }
    keepNodePorts(service, old)
    return await this.#taking({ service, name: nameOf(service), old, dryRun: context.dryRun, addresses: [], ports: [] })
  }

  /** SA-7 */
  async afterUpdate(service: KubeObject, old: KubeObject): Promise<void> {
    const addresses = clusterAddressesOf(service)
    const ports = nodePortsOf(service)
    await this.#giveBack(nameOf(old), clusterAddressesOf(old).filter(address => !addresses.includes(address)), nodePortsOf(old).filter(port => !ports.includes(port)))
  }

  async afterDelete(service: KubeObject): Promise<void> {
    await this.#giveBack(nameOf(service), clusterAddressesOf(service), nodePortsOf(service))
  }

  async #taking(taking: Taking): Promise<GiveBack> {
    const giveBack = async () => { await this.#giveBack(taking.name, taking.addresses.splice(0), taking.ports.splice(0)) }
    try {
      await this.#assignAddress(taking)
      await this.#assignPorts(taking)
    } catch (error) {
      await giveBack() // SA-5
      throw error
    }
    return giveBack
  }

  /** What cannot be given back now is left to the repair loops. */
  async #giveBack(name: ServiceName, addresses: readonly string[], ports: readonly number[]): Promise<void> {
    const results = await Promise.allSettled([...addresses.map(address => this.#addresses.giveBack(address, name)), this.#ports.giveBack(ports)])
    for (const result of results) if (result.status === 'rejected') this.#log.warn('service allocation could not be given back', { service: `${name.namespace}/${name.name}`, error: errorText(result.reason) })
  }

  async #assignAddress(taking: Taking): Promise<void> {
    const { service, old, name, dryRun } = taking
    const spec = specOf(service)
    if (spec['type'] === 'ExternalName') { // SA-4
      for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const) delete spec[field]
      return
    }
    const given = textAt(spec, 'clusterIP')
    const failures = validateClusterIps({ ...(given === '' ? {} : { clusterIPs: [given] }), ...spec } as ServiceSpec)
    if (failures.length > 0) throw invalid(serviceKind, name.name, failures) // SA-9
    const listed = listAt(spec, 'clusterIPs')
    const asked = textAt(spec, 'clusterIP') !== '' ? textAt(spec, 'clusterIP') : String(listed[0] ?? '')
    spec['ipFamilies'] ??= ['IPv4']
    spec['ipFamilyPolicy'] ??= 'SingleStack'
    if (spec['ipFamilyPolicy'] === 'RequireDualStack' && (asked !== 'None' || hasSelector(service))) throw invalid({ group: '', kind: 'Service' }, name.name, [invalidField('spec.ipFamilyPolicy', 'RequireDualStack', 'this cluster is not configured for dual-stack services')])
    if (asked === 'None') {
      Object.assign(spec, { clusterIP: 'None', clusterIPs: ['None'] })
      if (!hasSelector(service) && old === undefined && listAt(spec, 'ports').length === 0) spec['ipFamilyPolicy'] = 'SingleStack'
      return
    }
    if (asked !== '') {
      await this.#takeAddress(taking, asked)
      Object.assign(spec, { clusterIP: asked, clusterIPs: [asked] })
      return
    }
    if (!dryRun && name.name === '') throw invalid(serviceKind, '', [invalidField('spec.clusterIPs', [''], `failed to allocate IP: IPAddress.networking.k8s.io "${this.#addresses.example}" is invalid: spec.parentRef.name: Required value`)]) // SA-9
    const address = dryRun ? this.#addresses.example : await this.#addresses.takeAny(name) // SA-2, SA-8
    if (address === undefined) throw new ApiError('InternalError', 'failed to allocate a serviceIP: range is full')
    if (!dryRun) taking.addresses.push(address)
    Object.assign(spec, { clusterIP: address, clusterIPs: [address] })
  }

  async #takeAddress(taking: Taking, address: string): Promise<void> {
    const { service, old, name, dryRun } = taking
    if (old !== undefined && clusterAddressesOf(old).includes(address)) return
    if (ipv4ToNumber(address) === undefined) throw invalid(serviceKind, name.name, [invalidField('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')])
    const verdict = dryRun ? (this.#addresses.contains(address) ? 'allocated' : 'out of range') : await this.#addresses.take(address, name)
    const failed = (why: string) => invalid(serviceKind, service.metadata.name!, [invalidField('spec.clusterIPs', [address], `failed to allocate IP ${address}: ${why}`)])
    if (verdict === 'out of range') throw failed('the provided network does not match the current range') // SA-3
    if (verdict === 'taken') throw failed('provided IP is already allocated')
    if (!dryRun) taking.addresses.push(address)
  }

  async #assignPorts(taking: Taking): Promise<void> {
    const { service, old } = taking
    const spec = specOf(service)
    const type = spec['type']
    const wants = type === 'NodePort' || (type === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)
    const ports = listAt(spec, 'ports') as PortFields[]
    const mine = new Set(old === undefined ? [] : nodePortsOf(old))
    const byNumber = new Map<number, number>()
    for (const [index, port] of ports.entries()) {
      const asked = port.nodePort ?? 0
      if (asked !== 0 && (type === 'NodePort' || type === 'LoadBalancer')) {
        if (!mine.has(asked) && ![...byNumber.values()].includes(asked)) await this.#takePort(taking, asked, `spec.ports[${index}].nodePort`)
        byNumber.set(port.port, asked)
      } else if (wants) {
        const shared = byNumber.get(port.port) // SA-6
        port.nodePort = shared ?? (await this.#freePort(taking))
        byNumber.set(port.port, port.nodePort)
      }
    }
    if (type === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local') await this.#assignHealthPort(taking, mine)
  }

  async #assignHealthPort(taking: Taking, mine: ReadonlySet<number>): Promise<void> {
    const spec = specOf(taking.service)
    const asked = numberAt(spec, 'healthCheckNodePort') ?? 0
    if (asked === 0) spec['healthCheckNodePort'] = await this.#freePort(taking)
    else if (!mine.has(asked)) await this.#takePort(taking, asked, 'spec.healthCheckNodePort')
  }

  async #takePort({ service, dryRun, ports }: Taking, port: number, path: string): Promise<void> {
    const verdict = !dryRun ? await this.#ports.take(port) : ports.includes(port) || (await this.#ports.has(port)) ? 'taken' : 'allocated' // SA-8
    const failed = (why: string) => invalid(serviceKind, service.metadata.name!, [invalidField(path, port, why)])
    if (verdict === 'out of range') throw failed(`provided port is not in the valid range. The range of valid ports is ${spanText(this.#ports.span)}`) // SA-3
    if (verdict === 'taken') throw failed('provided port is already allocated')
    if (!dryRun) ports.push(port)
  }

  async #freePort({ dryRun, service, ports }: Taking): Promise<number> {
    if (dryRun) return Math.max(firstShownPort - 1, ...nodePortsOf(service)) + 1 // SA-8
    const port = await this.#ports.takeAny()
    if (port === undefined) throw new ApiError('InternalError', 'failed to allocate a nodePort: range is full')
    ports.push(port)
    return port
  }
}

function nameOf({ metadata }: KubeObject): ServiceName {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' }
}

function specOf(service: KubeObject): Fields {
  if (!isFields(service['spec'])) service['spec'] = {}
  return service['spec'] as Fields
}

function hasAddress(service: KubeObject): boolean {
  return specOf(service)['type'] !== 'ExternalName'
}

/** Ports of the nodes that a Service has. */
export function nodePortsOf(service: KubeObject): number[] {
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

function hasSelector(service: KubeObject): boolean {
  const { selector } = specOf(service)
  return isFields(selector) && Object.keys(selector).length > 0
}
