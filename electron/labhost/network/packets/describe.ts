/**
 * What a frame says, for people: each layer's name and text from the outside in, and one line about the innermost packet.
 *
 *   DE1  A frame that is cut short or odd is described as far as it can be read; nothing here throws.
 *   DE2  Applications are told by what their bytes are (DNS by its port as well), since any port may carry anything.
 */
import { describeDns } from './dns.ts'
import { macText } from './ethernet.ts'
import { describeHttp } from './http.ts'
import { ipText } from './ip-address.ts'
import { ipProtocols, ports } from './numbers.ts'
import { type Layer, type TcpLayer, readPacket } from './packet.ts'
import { serverNameOf } from './tls.ts'

export interface DescribedLayer {
  readonly name: string
  readonly text: string
}

export interface Description {
  readonly layers: readonly DescribedLayer[]
  readonly summary: string
}

export function describeFrame(bytes: Buffer, at = 0, end = bytes.length): Description {
  const read = readPacket(bytes, at, end)
  const layers: DescribedLayer[] = []
  for (const [index, layer] of read.entries()) {
    const told = tell(layer, read.slice(0, index), bytes)
    if (told !== undefined) layers.push(told)
  }
  return { layers, summary: summaryOf(read, layers) }
}

const flagNames = [[0x02, 'SYN'], [0x10, 'ACK'], [0x08, 'PSH'], [0x01, 'FIN'], [0x04, 'RST'], [0x20, 'URG']] as const

export function tcpFlagsText({ flags }: Pick<TcpLayer, 'flags'>): string {
  return flagNames.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name).join(',') || 'none'
}

const icmpTexts: Readonly<Record<string, string>> = {
  '4/0': 'echo reply', '4/8': 'echo request', '4/3/0': 'network unreachable', '4/3/1': 'host unreachable', '4/3/3': 'port unreachable', '4/3/4': 'fragmentation needed', '4/3': 'unreachable', '4/5': 'redirect', '4/11': 'time exceeded',
  '6/1': 'unreachable', '6/2': 'packet too big', '6/3': 'time exceeded', '6/128': 'echo request', '6/129': 'echo reply', '6/133': 'router solicitation', '6/134': 'router advertisement', '6/135': 'neighbour solicitation', '6/136': 'neighbour advertisement',
}
const protocolNames: Readonly<Record<number, string>> = Object.fromEntries(Object.entries(ipProtocols).map(([name, number]) => [number, name]))
const wireguardMessages: Readonly<Record<number, string>> = { 1: 'handshake initiation', 2: 'handshake response', 3: 'cookie reply', 4: 'data' }

function tell(layer: Layer, before: readonly Layer[], bytes: Buffer): DescribedLayer | undefined {
  switch (layer.kind) {
    case 'ethernet':
      return { name: 'ethernet', text: `${macText(layer.source)} > ${macText(layer.destination)}${layer.vlan === null ? '' : ` vlan ${layer.vlan}`} type 0x${layer.etherType.toString(16).padStart(4, '0')}` }
    case 'arp':
      return { name: 'arp', text: layer.operation === 1 ? `who has ${ipText(layer.target)}? tell ${ipText(layer.sender)}` : layer.operation === 2 ? `${ipText(layer.sender)} is at ${macText(layer.senderMac)}` : `operation ${layer.operation}` }
    case 'ip':
      return { name: layer.version === 4 ? 'ip' : 'ip6', text: `${ipText(layer.source)} > ${ipText(layer.destination)} ${protocolNames[layer.protocol] ?? `protocol ${layer.protocol}`} ${layer.bytes} bytes, hops left ${layer.hops}${layer.isLaterFragment ? ', a later fragment' : ''}` }
    case 'icmp': {
      const text = icmpTexts[`${layer.version}/${layer.type}/${layer.code}`] ?? icmpTexts[`${layer.version}/${layer.type}`] ?? `type ${layer.type} code ${layer.code}`
      const mtu = layer.version === 4 && layer.type === 3 && layer.code === 4 && layer.at + 8 <= bytes.length ? `, mtu ${bytes.readUInt16BE(layer.at + 6)}` : ''
      return { name: layer.version === 4 ? 'icmp' : 'icmp6', text: `${text}${mtu}` }
    }
    case 'tcp':
      return { name: 'tcp', text: `${layer.source} > ${layer.destination} [${tcpFlagsText(layer)}] seq ${layer.sequence} ack ${layer.acknowledgement} win ${layer.window}` }
    case 'udp':
      return { name: 'udp', text: `${layer.source} > ${layer.destination}` }
    case 'vxlan':
    case 'geneve':
      return { name: layer.kind, text: `network ${layer.network}` }
    case 'ipip':
      return { name: 'ipip', text: 'a packet in a packet' }
    case 'wireguard':
      return { name: 'wireguard', text: wireguardMessages[layer.message] ?? `message ${layer.message}` }
    case 'payload':
      return application(before.at(-1), bytes.subarray(layer.at, layer.end))
  }
}

/** DE2 */
function application(below: Layer | undefined, payload: Buffer): DescribedLayer | undefined {
  if (below?.kind === 'udp' && (below.source === ports.dns || below.destination === ports.dns)) {
    const text = describeDns(payload)
    return text === undefined ? undefined : { name: 'dns', text }
  }
  if (below?.kind !== 'tcp') return undefined
  if (below.source === ports.dns || below.destination === ports.dns) {
    const text = describeDns(payload.subarray(2))
    if (text !== undefined) return { name: 'dns', text }
  }
  const name = serverNameOf(payload)
  if (name !== undefined) return { name: 'tls', text: name === null ? 'client hello' : `client hello for ${name}` }
  const http = describeHttp(payload)
  return http === undefined ? undefined : { name: 'http', text: http }
}

/** "10.244.1.5:40000 > 10.244.2.7:80 tcp SYN", with what the application says where it is known. */
function summaryOf(read: readonly Layer[], described: readonly DescribedLayer[]): string {
  const ip = read.findLast(layer => layer.kind === 'ip')
  const transport = read.findLast(layer => layer.kind === 'tcp' || layer.kind === 'udp' || layer.kind === 'icmp' || layer.kind === 'arp')
  const last = described.at(-1)
  if (transport?.kind === 'arp' || ip === undefined || read.indexOf(ip) < read.findLastIndex(layer => layer.kind === 'arp')) return last === undefined ? 'an empty frame' : `${last.name} ${last.text}`
  const isOfIp = transport !== undefined && read.indexOf(transport) > read.indexOf(ip)
  const [from, to] = [ipText(ip.source), ipText(ip.destination)]
  if (isOfIp && (transport.kind === 'tcp' || transport.kind === 'udp')) {
    const around = ip.version === 6 ? (text: string) => `[${text}]` : (text: string) => text
    const says = last !== undefined && ['dns', 'tls', 'http', 'wireguard'].includes(last.name) ? ` ${last.name} ${last.text}` : ''
    return `${around(from)}:${transport.source} > ${around(to)}:${transport.destination} ${transport.kind}${transport.kind === 'tcp' ? ` ${tcpFlagsText(transport)}` : ''}${says}`
  }
  return `${from} > ${to} ${isOfIp && last !== undefined ? `${last.name} ${last.text}` : (protocolNames[ip.protocol] ?? `protocol ${ip.protocol}`)}`
}
