/**
 * What a Lab may say. Reads the plain value of a Lab document (from YAML or from the wire) into a LabSpec with all
 * defaults filled in, or a list of problems, each with the path it is about.
 *
 *   LS1  Every problem is reported, not only the first.
 *   LS2  An unknown field is refused by name.
 *   LS3  A value that is part of the design but not of this version is refused by name, and says what can be used.
 *   LS4  Names are unique DNS labels; networks do not overlap and are large enough for the nodes.
 *   LS5  An entry of simulated nodes may stand for many; what only they have is refused of machines.
 */
import { addressAt, cidrContains, numberToIpv4, readCidr } from '../../../agents/base/ip.ts'
import { readSimulation } from '../../../agents/node/simulated-kubelets/simulation/simulation.ts'
import type { LabSpec, NodeSpec, Overlay, Provider, ProxyMode } from '../../contract/labs.ts'
import { DocumentReading, type Path, type Problem, isMapping, quoted } from '../documents/document-reading.ts'
import { readComponents } from './component-swaps.ts'
import { limits } from './lab-files.ts'
import { type GroupReader, groupFields, nodeFields, readGroup, simulatedNode, withMixedLabTaint } from './simulated-group.ts'
import { type UsualCpus, cautiousCpus } from './usual-cpus.ts'

export const labApiVersion = 'kubarium.dev/v1'

export const labDefaults = {
  name: 'default',
  provider: 'qemu' as Provider,
  overlay: 'vxlan' as Overlay,
  proxyMode: 'iptables' as ProxyMode,
  memoryMiB: 1024,
  nodes: 2,
  networks: { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', lanCidr: '172.30.0.0/24' },
} as const

/** Where the usual network has too few blocks. */
const widePodCidr = '10.128.0.0/9'

/** Known words, and those this version can do (LS3). */
const words = {
  provider: { all: ['qemu', 'namespace', 'multipass', 'ssh', 'simulated'], supported: ['qemu', 'namespace', 'simulated'] },
  overlay: { all: ['vxlan', 'ipip', 'wireguard', 'host-gw'], supported: ['vxlan', 'host-gw'] },
  proxyMode: { all: ['iptables', 'ipvs', 'nftables'], supported: ['iptables'] },
  apiServers: { all: [1, 3], supported: [1] },
  etcd: { all: ['embedded', 1, 3, 5], supported: ['embedded'] },
} as const

type Word = keyof typeof words


/** Address of a node on the LAN; nodes count from 1. */
export function lanAddress(lanCidr: string, index: number): string {
  return addressAt(readCidr(lanCidr)!, 10 + index)
}

/** First address of the Service range: the API server's. */
export function apiServiceAddress(serviceCidr: string): string {
  return addressAt(readCidr(serviceCidr)!, 1)
}

export function dnsServiceAddress(serviceCidr: string): string {
  return addressAt(readCidr(serviceCidr)!, 10)
}

export function defaultNodes(count: number, provider: Provider, usualCpus: UsualCpus): NodeSpec[] {
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`)
  return names.map(name => (provider === 'simulated' ? simulatedNode(name) : { name, provider, cpus: usualCpus(provider), memoryMiB: labDefaults.memoryMiB }))
}

/** The Lab document that would give this specification; wire arguments pass through the same checks as files. */
export function documentOf(spec: unknown): unknown {
  if (!isMapping(spec)) return spec
  const { name, ...rest } = spec
  return { apiVersion: labApiVersion, kind: 'Lab', metadata: { name }, spec: rest }
}

/** @param usualCpus processors of machines that say nothing of them */
export function readLab(document: unknown, usualCpus: UsualCpus = cautiousCpus): { readonly spec: LabSpec; readonly problems: readonly [] } | { readonly spec: null; readonly problems: readonly Problem[] } {
  const reading = new Reading(usualCpus)
  const root = reading.map(document, [], ['apiVersion', 'kind', 'metadata', 'spec'])
  if (reading.problems.length > 0 && Object.keys(root).length === 0) return { spec: null, problems: reading.problems }
  if (root['apiVersion'] !== labApiVersion) reading.problem(['apiVersion'], `must be ${labApiVersion}${root['apiVersion'] === undefined ? '' : `, not ${quoted(root['apiVersion'])}`}`)
  if (root['kind'] !== 'Lab') reading.problem(['kind'], `must be Lab${root['kind'] === undefined ? '' : `, not ${quoted(root['kind'])}`}`)
  const metadata = reading.map(root['metadata'] ?? {}, ['metadata'], ['name'])
  const body = reading.map(root['spec'] ?? {}, ['spec'], ['provider', 'nodes', 'overlay', 'proxyMode', 'apiServers', 'etcd', 'networks', 'faultInjection', 'simulation', 'components'])

  const name = reading.label(metadata['name'] ?? labDefaults.name, ['metadata', 'name'], limits.labNameLength)
  const provider = reading.word('provider', body['provider'] ?? labDefaults.provider, ['spec', 'provider']) as Provider
  const nodes = reading.nodes(body['nodes'] ?? labDefaults.nodes, provider)
  const networks = reading.networks(body['networks'] ?? {}, nodes)
  const { simulation, faultInjection = true } = body
  const components = body['components'] === undefined ? undefined : readComponents(body['components'], ['spec', 'components'], reading)
  if (typeof faultInjection !== 'boolean') reading.problem(['spec', 'faultInjection'], `${quoted(faultInjection)} is not true or false`)
  if (simulation !== undefined) readSimulation(simulation, ['spec', 'simulation'], (path, message, aboutKey) => { reading.problem(path, message, aboutKey) })
  const spec: LabSpec = {
    name,
    nodes,
    overlay: reading.word('overlay', body['overlay'] ?? labDefaults.overlay, ['spec', 'overlay']) as Overlay,
    proxyMode: reading.word('proxyMode', body['proxyMode'] ?? labDefaults.proxyMode, ['spec', 'proxyMode']) as ProxyMode,
    apiServers: reading.word('apiServers', body['apiServers'] ?? 1, ['spec', 'apiServers']) as LabSpec['apiServers'],
    etcd: reading.word('etcd', body['etcd'] ?? 'embedded', ['spec', 'etcd']) as LabSpec['etcd'],
    networks,
    ...(faultInjection === false ? { faultInjection } : {}),
    ...(simulation === undefined ? {} : { simulation }),
    ...(components === undefined ? {} : { components }),
  }
  return reading.problems.length === 0 ? { spec, problems: [] } : { spec: null, problems: reading.problems } // LS1
}

class Reading extends DocumentReading implements GroupReader {
  readonly #usualCpus: UsualCpus

  constructor(usualCpus: UsualCpus) {
    super('a Lab is a mapping with apiVersion, kind, metadata and spec')
    this.#usualCpus = usualCpus
  }

  word(word: Word, value: unknown, path: Path): string | number {
    const { all, supported } = words[word] as { readonly all: readonly unknown[]; readonly supported: readonly unknown[] }
    if (!all.includes(value)) this.problem(path, `${quoted(value)} is not one of ${all.join(', ')}`)
    else if (!supported.includes(value)) this.problem(path, `${quoted(value)} is not supported by this version of Kubarium; use ${supported.join(' or ')}`) // LS3
    return value as string | number
  }

  nodes(value: unknown, provider: Provider): NodeSpec[] {
    if (typeof value === 'number') {
      const nodes = defaultNodes(this.whole(value, ['spec', 'nodes'], 0, provider === 'simulated' ? limits.simulatedNodes : limits.nodes), provider, this.#usualCpus)
      return provider === 'simulated' ? this.nodes(nodes, provider) : nodes
    }
    if (!Array.isArray(value)) {
      this.problem(['spec', 'nodes'], `must be a number or a list of nodes, not ${quoted(value)}`)
      return []
    }
    const taken = new Set<string>()
    const nodes = value.flatMap((entry: unknown, index) => {
      const path = ['spec', 'nodes', index]
      const read = this.#entry(entry ?? {}, path, index, provider)
      const twice = read.find(({ name }) => name !== '' && taken.has(name))
      if (twice !== undefined) this.problem([...path, 'name'], `"${twice.name}" is the name of another node`) // LS4
      for (const { name } of read) taken.add(name)
      return read
    })
    for (const [kind, most] of [['machines', limits.nodes], ['simulated nodes', limits.simulatedNodes]] as const) {
      const count = nodes.filter(node => (node.provider === 'simulated') === (kind === 'simulated nodes')).length
      if (count > most) this.problem(['spec', 'nodes'], `has ${count} ${kind} and at most ${most} are possible`)
    }
    return withMixedLabTaint(nodes)
  }

  #entry(entry: unknown, path: Path, index: number, provider: Provider): NodeSpec[] {
    const node = this.map(entry, path, [...nodeFields, ...groupFields])
    const kind = this.word('provider', node['provider'] ?? provider, [...path, 'provider']) as Provider
    if (kind === 'simulated') return readGroup(node, path, index, this)
    for (const field of groupFields) if (node[field] !== undefined) this.problem([...path, field], 'only nodes with provider simulated have this field', true) // LS5
    return [{
      name: this.label(node['name'] ?? `node-${index + 1}`, [...path, 'name'], limits.nodeNameLength),
      provider: kind,
      cpus: this.whole(node['cpus'] ?? this.#usualCpus(kind), [...path, 'cpus'], 1, 64),
      memoryMiB: this.whole(node['memoryMiB'] ?? labDefaults.memoryMiB, [...path, 'memoryMiB'], 512, 1_048_576),
    }]
  }

  networks(value: unknown, nodes: readonly NodeSpec[]): LabSpec['networks'] {
    const path = ['spec', 'networks']
    const sizes = { podCidr: [8, 23], serviceCidr: [12, 24], lanCidr: [16, 27] } as const
    const given = this.map(value, path, Object.keys(sizes))
    const read = Object.entries(sizes).map(([field, [widest, narrowest]]) => {
      const text = given[field] ?? (field === 'podCidr' && nodes.length > blocksOf(labDefaults.networks.podCidr) ? widePodCidr : labDefaults.networks[field as keyof typeof sizes])
      const range = typeof text === 'string' ? readCidr(text) : undefined
      if (range === undefined || numberToIpv4(range.first) !== String(text).split('/')[0]) this.problem([...path, field], `${quoted(text)} is not an IPv4 network such as ${labDefaults.networks[field as keyof typeof sizes]}`)
      else if (range.prefix < widest || range.prefix > narrowest) this.problem([...path, field], `${quoted(text)} must have a prefix from /${widest} to /${narrowest}`)
      return { field, text: String(text), range }
    })
    for (const [index, one] of read.entries()) {
      for (const other of read.slice(index + 1)) {
        if (one.range === undefined || other.range === undefined) continue
        if (cidrContains(one.range, numberToIpv4(other.range.first)) || cidrContains(other.range, numberToIpv4(one.range.first))) this.problem([...path, other.field], `overlaps ${one.field} ${one.text}`) // LS4
      }
    }
    const lan = read[2]!.range
    const machines = nodes.filter(node => node.provider !== 'simulated').length
    if (lan !== undefined && machines + 12 > lan.size) this.problem([...path, 'lanCidr'], `has no room for ${machines} nodes`)
    const pods = read[0]!
    if (pods.range !== undefined && nodes.length > blocksOf(pods.text)) this.problem([...path, 'podCidr'], `has no room for ${nodes.length} nodes: each gets a /24 of it, and it has ${blocksOf(pods.text)}`)
    return { podCidr: read[0]!.text, serviceCidr: read[1]!.text, lanCidr: read[2]!.text }
  }
}

/** How many nodes can have a pod CIDR of their own. */
function blocksOf(podCidr: string): number {
  return (readCidr(podCidr)?.size ?? 0) / 256
}
