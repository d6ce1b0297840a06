/**
 * Reads what a Lab file says of its networks:
 *
 *   networks: {podCidr: …, serviceCidr: …, lanCidr: …,
 *              lans: [{name: east, cidr: 172.31.0.0/24}],
 *              routers: [{name: r1, joins: [lan, {network: east, mtuBytes: 1400}], routes: [{to: 192.168.7.0/24, via: 172.31.0.11}]}]}
 *   links: [{from: node-1, to: '*', delay: {ms: 20}}]
 *
 *   RN1  Networks do not overlap and have room for the routers and nodes on them.
 *   RN2  A router joins at least two networks, each once; its routes lead over a neighbour on one of them.
 *   RN3  Networks with nodes are joined by routers: nodes that cannot meet are no cluster. Only virtual machines can be on others
 *        than the usual one, and an overlay without a tunnel (host-gw) needs all nodes on one.
 *   RN4  A link is one that can be impaired while the lab runs, by the same names and parameters.
 */
import { cidrContains, numberToIpv4, readCidr } from '../../../agents/base/ip.ts'
import type { LabSpec, LanSpec, LinkSpec, NodeSpec, Overlay, RouterSpec } from '../../contract/labs.ts'
import { type DocumentReading, type Mapping, type Path, isMapping, quoted } from '../documents/document-reading.ts'
import { doersOf, problemOnNode } from '../network/on-node/node-rules.ts'
import { usualNetwork } from '../network/routing/router-plan.ts'
import { LabError } from './lab-error.ts'
import { limits } from './lab-files.ts'
import { networksOf, routerPorts, routersOfANetwork, routesOfNetwork } from './lan-plan.ts'
import { problemOfLink } from './link-ends.ts'
import { readImpairmentChange } from './read-links.ts'

type Networks = LabSpec['networks']

const sizes = { podCidr: [8, 23], serviceCidr: [12, 24], lanCidr: [16, 27] } as const
export const usualNetworks = { podCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', lanCidr: '172.30.0.0/24' } as const
/** Where the usual network has too few blocks. */
const widePodCidr = '10.128.0.0/9'
const usualMtuBytes = 1_500
const mostLans = 16
const mostRouters = 16
/** Of a network's addresses: the network's, the routers', broadcast, and what is left for addresses of Services. */
const notForNodes = 12

interface ReadRange {
  readonly path: Path
  readonly what: string
  readonly text: string
  readonly range: ReturnType<typeof readCidr>
}

export function readNetworks(value: unknown, nodes: readonly NodeSpec[], reading: DocumentReading): Networks {
  const path: Path = ['spec', 'networks']
  const given = reading.map(value, path, [...Object.keys(sizes), 'lans', 'routers'])
  const own = Object.keys(sizes).map(field => readRange(given[field] ?? usualCidr(field as keyof typeof sizes, nodes), [...path, field], field as keyof typeof sizes, reading))
  const lans = reading.list(given['lans'], [...path, 'lans']).map((entry, index) => readLan(entry, [...path, 'lans', index], reading))
  const ranges = [...own, ...lans.map(lan => lan.range)]
  for (const [index, one] of ranges.entries()) for (const other of ranges.slice(index + 1)) requireApart(one, other, reading)
  const [podCidr, serviceCidr, lanCidr] = own.map(({ text }) => text) as [string, string, string]
  const plain: Networks = { podCidr, serviceCidr, lanCidr, ...(lans.length === 0 ? {} : { lans: lans.map(({ spec }) => spec) }) }
  const names = networksOf(plain).map(({ name }) => name)
  for (const [index, { spec }] of lans.entries()) if (names.indexOf(spec.name) !== index + 1) reading.problem([...path, 'lans', index, 'name'], `"${spec.name}" is the name of another network`)
  if (lans.length > mostLans) reading.problem([...path, 'lans'], `has ${lans.length} networks and at most ${mostLans} are possible`)
  const routers = readRouters(given['routers'], [...path, 'routers'], plain, reading)
  requireRoom([own[2]!, ...lans.map(lan => lan.range)], names, nodes, reading)
  if (own[0]!.range !== undefined && nodes.length > blocksOf(podCidr)) reading.problem([...path, 'podCidr'], `has no room for ${nodes.length} nodes: each gets a /24 of it, and it has ${blocksOf(podCidr)}`)
  return { ...plain, ...(routers.length === 0 ? {} : { routers }) }
}

/** RN3: of a node that says which network it is on. */
export function readNodeNetwork(value: unknown, path: Path, node: NodeSpec, reading: DocumentReading): Pick<NodeSpec, 'network'> {
  if (value === undefined || value === usualNetwork) return {}
  const network = reading.label(value, path, limits.nodeNameLength)
  if (node.provider !== 'qemu') reading.problem(path, `a ${node.provider} machine can be on ${usualNetwork} alone: machines of other providers than qemu do not pass the lab's switch, where the other networks are`)
  return { network }
}

export function requireJoined(networks: Networks, nodes: readonly NodeSpec[], overlay: Overlay, reading: DocumentReading): void {
  const known = networksOf(networks).map(({ name }) => name)
  for (const [index, { network = usualNetwork }] of nodes.entries()) if (!known.includes(network)) reading.problem(['spec', 'nodes', index, 'network'], `there is no network "${network}"; the lab has ${known.join(', ')}`)
  if (reading.problems.length > 0) return
  const used = [...new Set(nodes.filter(({ provider }) => provider !== 'simulated').map(({ network = usualNetwork }) => network))]
  if (used.length > 1 && overlay === 'host-gw') reading.problem(['spec', 'overlay'], `host-gw needs all nodes on one network, and they are on ${used.join(' and ')}; use an overlay with a tunnel, such as vxlan`)
  for (const other of used.slice(1)) {
    const found = routesOfNetwork(networks, used[0]!).some(({ to }) => to === networksOf(networks).find(({ name }) => name === other)!.cidr)
    if (!found) reading.problem(['spec', 'networks'], `no router leads from ${used[0]!} to ${other}, so the nodes on them cannot meet`)
  }
}

/** RN4 */
export function readFileLinks(value: unknown, networks: Networks, nodes: readonly NodeSpec[], reading: DocumentReading): readonly LinkSpec[] {
  const ends = { nodes, ports: routerPorts(networks) }
  const nodesOnLan = nodes.filter(({ provider }) => provider !== 'simulated').map(({ name, provider }) => ({ name, mac: '', isOwnKernel: provider !== 'qemu' }))
  return reading.list(value, ['spec', 'links']).flatMap((entry, index): LinkSpec[] => {
    const path: Path = ['spec', 'links', index]
    if (!isMapping(entry)) {
      reading.problem(path, `must be a mapping with from, to and what is wrong with the link, not ${quoted(entry)}`)
      return []
    }
    const { from, to, ...parameters } = entry
    const link = { from: reading.text(from, [...path, 'from']), to: reading.text(to, [...path, 'to']) }
    const problem = link.from === '' || link.to === '' ? null : problemOfLink(link, ends)
    if (problem !== null) reading.problem([...path, problem.end], problem.message)
    const impairments = readParameters(parameters, path, reading)
    const onNode = doersOf(link, nodesOnLan).length === 0 ? null : problemOnNode(link, impairments)
    if (onNode !== null) reading.problem(path, onNode)
    return [{ ...link, ...impairments }]
  })
}

function readParameters(parameters: Mapping, path: Path, reading: DocumentReading): Partial<LinkSpec> {
  const read: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(parameters)) {
    try {
      Object.assign(read, readImpairmentChange({ [name]: value ?? undefined }))
    } catch (error) {
      if (!(error instanceof LabError)) throw error
      reading.problem([...path, name], error.message)
    }
  }
  return read
}

function usualCidr(field: keyof typeof sizes, nodes: readonly NodeSpec[]): string {
  return field === 'podCidr' && nodes.length > blocksOf(usualNetworks.podCidr) ? widePodCidr : usualNetworks[field]
}

function readRange(value: unknown, path: Path, like: keyof typeof sizes, reading: DocumentReading): ReadRange {
  const range = typeof value === 'string' ? readCidr(value) : undefined
  const [widest, narrowest] = sizes[like]
  const text = typeof value === 'string' ? value : ''
  if (range === undefined || numberToIpv4(range.first) !== text.split('/')[0]) reading.problem(path, `${quoted(value)} is not an IPv4 network such as ${usualNetworks[like]}`)
  else if (range.prefix < widest || range.prefix > narrowest) reading.problem(path, `${quoted(value)} must have a prefix from /${widest} to /${narrowest}`)
  return { path, what: String(path.at(-1)), text, range }
}

function readLan(entry: unknown, path: Path, reading: DocumentReading): { readonly spec: LanSpec; readonly range: ReadRange } {
  const lan = reading.map(entry, path, ['name', 'cidr'])
  const name = reading.label(lan['name'], [...path, 'name'], limits.nodeNameLength)
  const range = { ...readRange(lan['cidr'], [...path, 'cidr'], 'lanCidr', reading), what: name }
  return { spec: { name, cidr: range.text }, range }
}

/** RN1 */
function requireApart(one: ReadRange, other: ReadRange, reading: DocumentReading): void {
  if (one.range === undefined || other.range === undefined) return
  if (cidrContains(one.range, numberToIpv4(other.range.first)) || cidrContains(other.range, numberToIpv4(one.range.first))) reading.problem(other.path, `overlaps ${one.what} ${one.text}`)
}

function requireRoom(ranges: readonly ReadRange[], names: readonly string[], nodes: readonly NodeSpec[], reading: DocumentReading): void {
  const machines = nodes.filter(node => node.provider !== 'simulated')
  for (const [index, { range, path }] of ranges.entries()) {
    const isUsed = machines.some(({ network = usualNetwork }) => network === names[index])
    if (range !== undefined && isUsed && machines.length + notForNodes > range.size) reading.problem(path, `has no room for ${machines.length} nodes`)
  }
}

function readRouters(value: unknown, path: Path, networks: Networks, reading: DocumentReading): readonly RouterSpec[] {
  const entries = reading.list(value, path)
  if (entries.length > mostRouters) reading.problem(path, `has ${entries.length} routers and at most ${mostRouters} are possible`)
  const taken = new Set<string>()
  const routers = entries.map((entry, index) => {
    const router = readRouter(entry, [...path, index], networks, reading)
    if (taken.has(router.name)) reading.problem([...path, index, 'name'], `"${router.name}" is the name of another router`)
    taken.add(router.name)
    return router
  })
  for (const { name } of networksOf(networks)) {
    const count = routers.filter(({ joins }) => joins.some(({ network }) => network === name)).length
    if (count > routersOfANetwork) reading.problem(path, `${count} routers join ${name} and at most ${routersOfANetwork} can`)
  }
  return routers
}

/** RN2 */
function readRouter(entry: unknown, path: Path, networks: Networks, reading: DocumentReading): RouterSpec {
  const router = reading.map(entry, path, ['name', 'joins', 'routes'])
  const name = reading.label(router['name'], [...path, 'name'], limits.nodeNameLength)
  const known = networksOf(networks)
  const joins = reading.list(router['joins'], [...path, 'joins']).map((join, index) => {
    const at = [...path, 'joins', index]
    const { network, mtuBytes } = typeof join === 'string' ? { network: join, mtuBytes: usualMtuBytes } : reading.map(join, at, ['network', 'mtuBytes'])
    if (!known.some(lan => lan.name === network)) reading.problem(typeof join === 'string' ? at : [...at, 'network'], `there is no network ${quoted(network)}; the lab has ${known.map(lan => lan.name).join(', ')}`)
    return { network: String(network), mtuBytes: reading.whole(mtuBytes ?? usualMtuBytes, [...at, 'mtuBytes'], 576, 65_535) }
  })
  if (new Set(joins.map(({ network }) => network)).size < Math.max(2, joins.length)) reading.problem([...path, 'joins'], 'a router joins at least two networks, each once')
  const routes = reading.list(router['routes'], [...path, 'routes']).map((route, index) => {
    const at = [...path, 'routes', index]
    const { to, via } = reading.map(route, at, ['to', 'via'])
    const range = typeof to === 'string' ? readCidr(to) : undefined
    if (range === undefined || numberToIpv4(range.first) !== String(to).split('/')[0]) reading.problem([...at, 'to'], `${quoted(to)} is not an IPv4 network such as ${usualNetworks.lanCidr}`)
    const isNeighbour = typeof via === 'string' && joins.some(({ network }) => {
      const joined = readCidr(known.find(lan => lan.name === network)?.cidr ?? '')
      return joined !== undefined && cidrContains(joined, via)
    })
    if (!isNeighbour) reading.problem([...at, 'via'], `${quoted(via)} is not an address on a network that ${name} joins`)
    return { to: String(to), via: String(via) }
  })
  return { name, joins, ...(routes.length === 0 ? {} : { routes }) }
}

/** How many nodes can have a pod CIDR of their own. */
function blocksOf(podCidr: string): number {
  return (readCidr(podCidr)?.size ?? 0) / 256
}
