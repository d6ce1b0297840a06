/**
 * A filter expression as matches of nftables, for nodes whose frames do not pass the lab's switch. Pure.
 *
 *   NM1  It means what it means at the switch: a packet inside VXLAN or IPIP counts as well as the one around it. Fields inside are
 *        read at their place behind the outer UDP or IP header (IPv4 without options inside).
 *   NM2  `or` is one rule after the other, `and` a chain behind the first, `not` a chain that is left where what must not hold does.
 *        So the rules are as many as the words, but for chains as deep as the kernel lets them be.
 *   NM3  What cannot be asked there is refused by name: lengths (the kernel hands on packets that are larger than frames), VLANs,
 *        IPv6 addresses; and expressions that are nested deeper than deepest.
 */
import { FilterError } from '../packets/filter-error.ts'
import { type Expression, type LayerName, type Primitive, type Side, readFilter, tcpFlags } from '../packets/filter-syntax.ts'
import type { IpRange } from '../packets/ip-address.ts'
import { etherTypes, ipProtocols, ports } from '../packets/numbers.ts'

type Conjunction = readonly string[]
type Alternatives = readonly Conjunction[]

/** Which packet of a frame is asked. */
type View = 'outer' | 'vxlan' | 'ipip'
const tunnelViews = ['vxlan', 'ipip'] as const
const everyView = ['outer', ...tunnelViews] as const
/** The kernel follows sixteen jumps, of which the first leads here. */
const deepest = 14

export interface NftChain {
  readonly name: string
  readonly rules: readonly string[]
}

/** Chains, the first of which is entered; `verdict` is met by what the expression is true of, all else comes back. Throws FilterError. */
export function nftChains(expression: string, name: string, verdict: string): readonly NftChain[] {
  const read = readFilter(expression)
  const writing = new Writing(name)
  const first = writing.chain()
  if (read === null) first.push(verdict)
  else write(read, { wanted: true, views: everyView, verdict, into: first }, writing)
  if (depthOf(writing.chains) > deepest) throw new FilterError('the filter is nested too deeply for the kernel of a node; write it with fewer "and" and "not"') // NM3
  return writing.chains
}

class Writing {
  readonly chains: { readonly name: string; readonly rules: string[] }[] = []
  readonly #name: string

  constructor(name: string) {
    this.#name = name
  }

  /** Rules of a new chain; jumpTo is how they are reached. */
  chain(): string[] {
    const rules: string[] = []
    this.chains.push({ name: `${this.#name}_${this.chains.length}`, rules })
    return rules
  }

  jumpTo(rules: string[]): string {
    return `jump ${this.chains.find(chain => chain.rules === rules)!.name}`
  }
}

/** Of the longest way from the first chain by jumps; none leads back. */
function depthOf(chains: readonly NftChain[]): number {
  const known = new Map<string, number>()
  const from = (name: string): number => {
    const depth = known.get(name) ?? 1 + Math.max(0, ...chains.find(chain => chain.name === name)!.rules.flatMap(rules => /jump (\S+)$/.exec(rules)?.[1] ?? []).map(from))
    known.set(name, depth)
    return depth
  }
  return from(chains[0]!.name)
}

interface Place {
  readonly wanted: boolean
  readonly views: readonly View[]
  readonly verdict: string
  readonly into: string[]
}

/** Appends rules that meet the verdict where the expression is as wanted, and else go on to what follows. */
function write(expression: Expression, place: Place, writing: Writing): void {
  const { wanted, views, verdict, into } = place
  switch (expression.ask) {
    case 'not':
      write(expression.of, { ...place, wanted: !wanted }, writing)
      return
    case 'outer':
      write(expression.of, { ...place, views: ['outer'] }, writing)
      return
    case 'and':
    case 'or': {
      if ((expression.ask === 'or') === wanted) {
        write(expression.left, place, writing)
        write(expression.right, place, writing)
        return
      }
      const behind = writing.chain()
      write(expression.left, { ...place, verdict: writing.jumpTo(behind) }, writing)
      write(expression.right, { ...place, into: behind }, writing)
      return
    }
    case 'inner': {
      const within = wanted ? into : writing.chain()
      for (const view of tunnelViews) {
        const inside = writing.chain()
        write(expression.of, { wanted, views: [view], verdict, into: inside }, writing)
        within.push(rule(contextOf[view], writing.jumpTo(inside)))
        if (!wanted) within.push(rule(contextOf[view], 'return'))
      }
      if (wanted) return
      within.push(verdict)
      into.push(writing.jumpTo(within))
      return
    }
    default: {
      const alternatives = views.flatMap(view => primitiveIn(expression, view))
      if (wanted) {
        into.push(...alternatives.map(matches => rule(matches, verdict)))
        return
      }
      const unless = writing.chain()
      unless.push(...alternatives.map(matches => rule(matches, 'return')), verdict)
      into.push(writing.jumpTo(unless))
    }
  }
}

function rule(matches: Conjunction, verdict: string): string {
  return [...new Set(matches), verdict].join(' ')
}

function is(field: string, value: string | number): string {
  return `${field} ${value}`
}

function masked(field: string, mask: number, value: number): string {
  return `${field} & 0x${(mask >>> 0).toString(16)} == 0x${(value >>> 0).toString(16)}`
}

const isIpv4 = is('meta protocol', 'ip')
const isWholeOrFirst = masked('@nh,48,16', 0x1fff, 0)
const vxlanPorts = `{ ${ports.vxlan.join(', ')} }`
const udpTo = (port: string | number): Conjunction => [isIpv4, is('ip protocol', ipProtocols.udp), isWholeOrFirst, is('@th,16,16', port)]
/** Behind the outer UDP header: VXLAN 64 bits, ethernet 112, then IPv4. */
const innerEthernet = 128
const startOfIpv4 = { vxlan: innerEthernet + 112, ipip: 0 } as const

/** What makes a frame have this packet inside. */
const contextOf: Readonly<Record<(typeof tunnelViews)[number], Conjunction>> = {
  vxlan: [...udpTo(vxlanPorts), is(`@th,${innerEthernet + 96},16`, `0x${etherTypes.ipv4.toString(16).padStart(4, '0')}`)],
  ipip: [isIpv4, is('ip protocol', ipProtocols.ipip), isWholeOrFirst],
}

interface Fields {
  readonly context: Conjunction
  readonly protocol: string
  readonly source: string
  readonly destination: string
  /** What must hold for there to be a transport header, and where it is. */
  readonly transport: { readonly context: Conjunction; readonly field: (offsetBits: number, bits: number) => string }
}

function fieldsOf(view: View): Fields {
  if (view === 'outer') return { context: [isIpv4], protocol: 'ip protocol', source: '@nh,96,32', destination: '@nh,128,32', transport: { context: [isWholeOrFirst], field: (offset, bits) => `@th,${offset},${bits}` } }
  const at = (offset: number, bits: number): string => `@th,${startOfIpv4[view] + offset},${bits}`
  return { context: contextOf[view], protocol: at(72, 8), source: at(96, 32), destination: at(128, 32), transport: { context: [is(at(0, 8), '0x45'), masked(at(48, 16), 0x1fff, 0)], field: (offset, bits) => at(160 + offset, bits) } }
}

function primitiveIn(asked: Primitive, view: View): Alternatives {
  const { context, protocol, source, destination, transport } = fieldsOf(view)
  const carrying = (number: number): Conjunction => [...context, is(protocol, number), ...transport.context]
  const overIpv6 = (number: number): Alternatives => (view === 'outer' ? [[is('meta protocol', 'ip6'), is('ip6 nexthdr', number)]] : [])
  switch (asked.ask) {
    case 'layer':
      return layerIn(asked.name, view, carrying, overIpv6)
    case 'protocol':
      return [[...context, is(protocol, asked.number)]]
    case 'flag': {
      const flag = `${transport.field(104, 8)} & ${tcpFlags[asked.name]} != 0`
      return [[...carrying(ipProtocols.tcp), flag], ...overIpv6(ipProtocols.tcp).map(over => [...over, flag])]
    }
    case 'port': {
      const range = asked.first === asked.last ? String(asked.first) : `${asked.first}-${asked.last}`
      const numbers = asked.transport === null ? [ipProtocols.tcp, ipProtocols.udp] : [ipProtocols[asked.transport]]
      return numbers.flatMap(number => [carrying(number), ...overIpv6(number)]).flatMap(over => sides(asked.side, transport.field(0, 16), transport.field(16, 16)).map(field => [...over, is(field, range)]))
    }
    case 'address':
      return [
        ...sides(asked.side, source, destination).map(field => [...context, addressIn(field, asked.range)]),
        ...(view === 'outer' ? sides(asked.side, '@nh,112,32', '@nh,192,32').map(field => [is('meta protocol', 'arp'), addressIn(field, asked.range)]) : []),
      ]
    case 'mac':
      if (view === 'ipip') return []
      return sides(asked.side, view === 'outer' ? 'ether saddr' : `@th,${innerEthernet + 48},48`, view === 'outer' ? 'ether daddr' : `@th,${innerEthernet},48`).map(field => [...(view === 'outer' ? [] : contextOf.vxlan), is(field, view === 'outer' ? macWords(asked.mac) : `0x${asked.mac.toString(16)}`)])
    case 'vni':
      return view === 'outer' ? [vxlanPorts, ports.geneve].map(port => [...udpTo(port), is('@th,96,24', asked.number)]) : []
    case 'vlan':
      throw new FilterError('"vlan" cannot be asked on a node: what its kernel filters has no VLAN tag any more')
    case 'length':
      throw new FilterError(`"${asked.compare}" cannot be asked on a node: its kernel hands on packets that are larger than frames`)
  }
}

function layerIn(name: LayerName, view: View, carrying: (protocol: number) => Conjunction, overIpv6: (protocol: number) => Alternatives): Alternatives {
  switch (name) {
    case 'ip':
      return [fieldsOf(view).context]
    case 'tcp':
    case 'udp':
      return [carrying(ipProtocols[name]), ...overIpv6(ipProtocols[name])]
    case 'icmp':
      return [carrying(ipProtocols.icmp)]
    case 'icmp6':
      return overIpv6(ipProtocols.icmpv6)
    case 'ip6':
      return view === 'outer' ? [[is('meta protocol', 'ip6')]] : []
    case 'arp':
      return view === 'outer' ? [[is('meta protocol', 'arp')]] : []
    case 'ipip':
      return view === 'outer' ? [contextOf.ipip] : []
    case 'vxlan':
      return view === 'outer' ? [udpTo(vxlanPorts)] : []
    case 'geneve':
    case 'wireguard':
      return view === 'outer' ? [udpTo(ports[name])] : []
  }
}

function sides(side: Side, source: string, destination: string): readonly string[] {
  return side === 'either' ? [source, destination] : [side === 'src' ? source : destination]
}

function addressIn(field: string, { version, network, prefix }: IpRange): string {
  if (version === 6) throw new FilterError('IPv6 addresses cannot be asked on a node')
  const mask = prefix === 0 ? 0 : 0xffff_ffff << (32 - prefix)
  return masked(field, mask, Number(network))
}

function macWords(mac: number): string {
  return mac.toString(16).padStart(12, '0').replace(/(..)(?!$)/g, '$1:')
}
