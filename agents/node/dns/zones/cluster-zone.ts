/**
 * The cluster's names, kept up to date by changes of Services and EndpointSlices.
 * Specification: kubernetes/dns docs/specification.md, version 1.1.0. With the zone cluster.local:
 *
 *   CZ1  web.default.svc.cluster.local            A    the ClusterIP
 *   CZ2  db.default.svc.cluster.local (headless)  A    every ready endpoint; unready ones too with publishNotReadyAddresses
 *   CZ3  db-0.db.default.svc.cluster.local        A    the endpoint with that hostname; without hostname 10-244-1-5.db…
 *   CZ4  _http._tcp.web.default.svc.cluster.local SRV  one for a ClusterIP, one an endpoint for a headless Service; named ports only
 *   CZ5  ext.default.svc.cluster.local            CNAME the externalName
 *   CZ6  10-244-1-5.default.pod.cluster.local     A    10.244.1.5
 *   CZ7  addresses back to names (PTR) for ClusterIPs and for endpoints of headless Services
 *   CZ8  dns-version.cluster.local                TXT  "1.1.0"
 *   CZ9  A name that only has names below it exists and is empty (NODATA); everything else below the zone does not exist.
 */
import type { Service } from '../../../api/groups/core-v1/types.ts'
import type { Endpoint, EndpointSlice } from '../../../api/groups/discovery-v1/types.ts'

export type DnsRecord =
  | { readonly type: 'A'; readonly address: string }
  | { readonly type: 'AAAA'; readonly address: string }
  | { readonly type: 'CNAME'; readonly target: string }
  | { readonly type: 'SRV'; readonly target: string; readonly port: number; readonly priority: number; readonly weight: number }
  | { readonly type: 'PTR'; readonly target: string }
  | { readonly type: 'TXT'; readonly text: string }

export type Lookup = { readonly exists: false } | { readonly exists: true; readonly records: readonly DnsRecord[] }

const serviceNameLabel = 'kubernetes.io/service-name'
const missing: Lookup = { exists: false }
const empty: Lookup = { exists: true, records: [] }

export class ClusterZone {
  readonly domain: string
  readonly #services = new Map<string, Service>()
  readonly #slices = new Map<string, Map<string, EndpointSlice>>()
  readonly #namespaces = new Map<string, number>()
  readonly #namesByAddress = new Map<string, Set<string>>()

  constructor(domain: string) {
    this.domain = domain.toLowerCase().replace(/\.$/, '')
  }

  setService(service: Service): void {
    this.removeService(service)
    const { name, namespace } = service.metadata
    this.#services.set(`${namespace}/${name}`, service)
    this.#namespaces.set(namespace!, (this.#namespaces.get(namespace!) ?? 0) + 1)
    for (const address of clusterAddresses(service)) this.#name(address, `${name}.${namespace}.svc.${this.domain}`, true) // CZ7
  }

  removeService({ metadata }: Service): void {
    const key = `${metadata.namespace}/${metadata.name}`
    const known = this.#services.get(key)
    if (known === undefined) return
    this.#services.delete(key)
    const left = (this.#namespaces.get(metadata.namespace!) ?? 1) - 1
    if (left === 0) this.#namespaces.delete(metadata.namespace!)
    else this.#namespaces.set(metadata.namespace!, left)
    for (const address of clusterAddresses(known)) this.#name(address, `${metadata.name}.${metadata.namespace}.svc.${this.domain}`, false)
  }

  setSlice(slice: EndpointSlice): void {
    const key = ownerOf(slice)
    if (key === undefined) return
    const slices = this.#slices.get(key) ?? new Map<string, EndpointSlice>()
    slices.set(slice.metadata.name, slice)
    this.#slices.set(key, slices)
  }

  removeSlice(slice: EndpointSlice): void {
    const key = ownerOf(slice)
    if (key === undefined) return
    const slices = this.#slices.get(key)
    slices?.delete(slice.metadata.name)
    if (slices?.size === 0) this.#slices.delete(key)
  }

  /** Is the name ours to answer for? */
  covers(name: string): boolean {
    const lower = name.toLowerCase().replace(/\.$/, '')
    return lower === this.domain || lower.endsWith(`.${this.domain}`) || lower.endsWith('.in-addr.arpa')
  }

  lookup(name: string): Lookup {
    const lower = name.toLowerCase().replace(/\.$/, '')
    if (lower.endsWith('.in-addr.arpa')) return this.#reverse(lower)
    if (lower === this.domain) return empty
    if (!lower.endsWith(`.${this.domain}`)) return missing
    const labels = lower.slice(0, -this.domain.length - 1).split('.').reverse()
    const [branch, ...rest] = labels
    if (branch === 'svc') return this.#service(rest)
    if (branch === 'pod') return this.#pod(rest)
    if (branch === 'dns-version' && rest.length === 0) return { exists: true, records: [{ type: 'TXT', text: '1.1.0' }] } // CZ8
    return missing
  }

  get size(): { readonly services: number; readonly slices: number } {
    return { services: this.#services.size, slices: [...this.#slices.values()].reduce((sum, slices) => sum + slices.size, 0) }
  }

  #service([namespace, name, ...rest]: string[]): Lookup {
    if (namespace === undefined) return empty // CZ9
    if (name === undefined) return this.#namespaces.has(namespace) ? empty : missing
    const service = this.#services.get(`${namespace}/${name}`)
    if (service === undefined) return missing
    if (service.spec.type === 'ExternalName') return rest.length === 0 ? { exists: true, records: [{ type: 'CNAME', target: service.spec.externalName ?? '' }] } : missing // CZ5
    const isHeadless = service.spec.clusterIP === 'None'
    if (rest.length === 0) return { exists: true, records: isHeadless ? this.#endpoints(service).map(({ address }) => addressRecord(address)) : clusterAddresses(service).map(addressRecord) } // CZ1 CZ2
    if (rest[0]!.startsWith('_')) return this.#ports(service, rest, isHeadless)
    if (!isHeadless || rest.length !== 1) return missing
    const records = this.#endpoints(service).filter(endpoint => endpoint.label === rest[0]).map(({ address }) => addressRecord(address)) // CZ3
    return records.length === 0 ? missing : { exists: true, records }
  }

  /** CZ4: labels after the service are reversed, so _tcp comes before _http. */
  #ports(service: Service, [protocol, port, ...rest]: string[], isHeadless: boolean): Lookup {
    if (rest.length > 0) return missing
    const base = `${service.metadata.name}.${service.metadata.namespace}.svc.${this.domain}`
    const wanted = (name: string | undefined, proto: string | undefined) => `_${(proto ?? 'TCP').toLowerCase()}` === protocol && (port === undefined || `_${name}` === port)
    const records: DnsRecord[] = isHeadless
      ? this.#endpoints(service).flatMap(endpoint => endpoint.ports.filter(entry => (entry.name ?? '') !== '' && wanted(entry.name, entry.protocol)).map(entry => srv(`${endpoint.label}.${base}`, entry.port ?? 0)))
      : (service.spec.ports ?? []).filter(entry => (entry.name ?? '') !== '' && wanted(entry.name, entry.protocol)).map(entry => srv(base, entry.port))
    if (port === undefined) return records.length === 0 ? missing : empty
    return records.length === 0 ? missing : { exists: true, records: withWeights(records) }
  }

  /** CZ6 */
  #pod([namespace, dashed, ...rest]: string[]): Lookup {
    if (namespace === undefined) return empty
    if (dashed === undefined) return empty
    const address = dashed.replaceAll('-', '.')
    if (rest.length > 0 || !/^(\d{1,3}\.){3}\d{1,3}$/.test(address) || address.split('.').some(part => Number(part) > 255)) return missing
    return { exists: true, records: [{ type: 'A', address }] }
  }

  #reverse(name: string): Lookup {
    const address = name.slice(0, -'.in-addr.arpa'.length).split('.').reverse().join('.')
    const names = [...(this.#namesByAddress.get(address) ?? [])]
    for (const [key, slices] of this.#slices) {
      const service = this.#services.get(key)
      if (service?.spec.clusterIP !== 'None' || slices.size === 0) continue
      for (const endpoint of this.#endpoints(service)) if (endpoint.address === address) names.push(`${endpoint.label}.${service.metadata.name}.${service.metadata.namespace}.svc.${this.domain}`)
    }
    return names.length === 0 ? missing : { exists: true, records: [...new Set(names)].map(target => ({ type: 'PTR', target })) }
  }

  #endpoints(service: Service): { readonly address: string; readonly label: string; readonly ports: NonNullable<EndpointSlice['ports']> }[] {
    const slices = this.#slices.get(`${service.metadata.namespace}/${service.metadata.name}`)?.values() ?? []
    const all = service.spec.publishNotReadyAddresses === true
    const seen = new Set<string>()
    return [...slices].flatMap(slice =>
      slice.endpoints!.filter(endpoint => all || isReady(endpoint)).flatMap(endpoint =>
        endpoint.addresses.filter(address => !seen.has(address) && seen.add(address)).map(address => ({ address, label: endpoint.hostname ?? address.replaceAll(/[.:]/g, '-'), ports: slice.ports ?? [] })),
      ),
    )
  }

  #name(address: string, name: string, isAdded: boolean): void {
    const names = this.#namesByAddress.get(address) ?? new Set<string>()
    if (isAdded) names.add(name)
    else names.delete(name)
    if (names.size === 0) this.#namesByAddress.delete(address)
    else this.#namesByAddress.set(address, names)
  }
}

function isReady(endpoint: Endpoint): boolean {
  return endpoint.conditions?.ready !== false
}

function clusterAddresses({ spec }: Service): string[] {
  return (spec.clusterIPs ?? [spec.clusterIP ?? '']).filter(address => address !== '' && address !== 'None')
}

function ownerOf(slice: EndpointSlice): string | undefined {
  const service = slice.metadata.labels?.[serviceNameLabel]
  return service === undefined ? undefined : `${slice.metadata.namespace}/${service}`
}

function addressRecord(address: string): DnsRecord {
  return address.includes(':') ? { type: 'AAAA', address } : { type: 'A', address }
}

function srv(target: string, port: number): DnsRecord {
  return { type: 'SRV', target, port, priority: 0, weight: 100 }
}

/** Weights share 100 evenly, as the specification's examples and upstream's server do. */
function withWeights(records: readonly DnsRecord[]): DnsRecord[] {
  return records.map(record => (record.type === 'SRV' ? { ...record, weight: Math.floor(100 / records.length) } : record))
}
