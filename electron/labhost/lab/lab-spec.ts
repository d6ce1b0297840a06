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
import { addressAt, readCidr } from '../../../agents/base/ip.ts'
import { readSimulation } from '../../../agents/node/simulated-kubelets/simulation/simulation.ts'
import { type LabFileChoices, type LabSpec, type NodeSpec, type Overlay, type Provider, type ProxyMode, swappableComponents } from '../../contract/labs.ts'
import { DocumentReading, type Path, type Problem, isMapping, quoted } from '../documents/document-reading.ts'
import { readComponents } from './component-swaps.ts'
import { limits } from './lab-files.ts'
import { type GroupReader, groupFields, nodeFields, readGroup, simulatedNode, withMixedLabTaint } from './simulated-group.ts'
import { readFileLinks, readNetworks, readNodeNetwork, requireJoined, usualNetworks } from './read-networks.ts'
import { type UsualCpus, cautiousCpus } from './usual-cpus.ts'

export const labApiVersion = 'kubarium.dev/v1'

export const labDefaults = {
  name: 'default',
  provider: 'qemu' as Provider,
  overlay: 'vxlan' as Overlay,
  proxyMode: 'iptables' as ProxyMode,
  memoryMiB: 1024,
  nodes: 2,
  networks: usualNetworks,
} as const

/** Known words, and those this version can do (LS3). */
const words = {
  provider: { all: ['qemu', 'namespace', 'multipass', 'ssh', 'simulated'], supported: ['qemu', 'namespace', 'simulated'] },
  overlay: { all: ['vxlan', 'ipip', 'wireguard', 'host-gw'], supported: ['vxlan', 'host-gw'] },
  proxyMode: { all: ['iptables', 'ipvs', 'nftables'], supported: ['iptables'] },
  apiServers: { all: [1, 3], supported: [1] },
  etcd: { all: ['embedded', 1, 3, 5], supported: ['embedded'] },
} as const

type Word = keyof typeof words

/** For a form that writes Lab files. */
export const labFileChoices: LabFileChoices = { words, defaults: { ...labDefaults, apiServers: 1, etcd: 'embedded' }, components: swappableComponents }

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
  const body = reading.map(root['spec'] ?? {}, ['spec'], ['provider', 'nodes', 'overlay', 'proxyMode', 'apiServers', 'etcd', 'networks', 'links', 'faultInjection', 'golden', 'simulation', 'components'])

  const name = reading.label(metadata['name'] ?? labDefaults.name, ['metadata', 'name'], limits.labNameLength)
  const provider = reading.word('provider', body['provider'] ?? labDefaults.provider, ['spec', 'provider']) as Provider
  const nodes = reading.nodes(body['nodes'] ?? labDefaults.nodes, provider)
  const networks = readNetworks(body['networks'] ?? {}, nodes, reading)
  const overlay = reading.word('overlay', body['overlay'] ?? labDefaults.overlay, ['spec', 'overlay']) as Overlay
  requireJoined(networks, nodes, overlay, reading)
  const links = readFileLinks(body['links'], networks, nodes, reading)
  const { simulation, faultInjection = true, golden = false } = body
  const components = body['components'] === undefined ? undefined : readComponents(body['components'], ['spec', 'components'], reading)
  if (typeof faultInjection !== 'boolean') reading.problem(['spec', 'faultInjection'], `${quoted(faultInjection)} is not true or false`)
  if (typeof golden !== 'boolean') reading.problem(['spec', 'golden'], `${quoted(golden)} is not true or false`)
  if (simulation !== undefined) readSimulation(simulation, ['spec', 'simulation'], (path, message, aboutKey) => { reading.problem(path, message, aboutKey) })
  const spec: LabSpec = {
    name,
    nodes,
    overlay,
    proxyMode: reading.word('proxyMode', body['proxyMode'] ?? labDefaults.proxyMode, ['spec', 'proxyMode']) as ProxyMode,
    apiServers: reading.word('apiServers', body['apiServers'] ?? 1, ['spec', 'apiServers']) as LabSpec['apiServers'],
    etcd: reading.word('etcd', body['etcd'] ?? 'embedded', ['spec', 'etcd']) as LabSpec['etcd'],
    networks,
    ...(links.length === 0 ? {} : { links }),
    ...(faultInjection === false ? { faultInjection } : {}),
    ...(golden === true ? { golden } : {}),
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
    const node = this.map(entry, path, [...nodeFields, 'network', ...groupFields])
    const kind = this.word('provider', node['provider'] ?? provider, [...path, 'provider']) as Provider
    if (kind === 'simulated') {
      if (node['network'] !== undefined) this.problem([...path, 'network'], 'simulated nodes are on no network', true)
      return readGroup(node, path, index, this)
    }
    for (const field of groupFields) if (node[field] !== undefined) this.problem([...path, field], 'only nodes with provider simulated have this field', true) // LS5
    const read = {
      name: this.label(node['name'] ?? `node-${index + 1}`, [...path, 'name'], limits.nodeNameLength),
      provider: kind,
      cpus: this.whole(node['cpus'] ?? this.#usualCpus(kind), [...path, 'cpus'], 1, 64),
      memoryMiB: this.whole(node['memoryMiB'] ?? labDefaults.memoryMiB, [...path, 'memoryMiB'], 512, 1_048_576),
    }
    return [{ ...read, ...readNodeNetwork(node['network'], [...path, 'network'], read, this) }]
  }
}
