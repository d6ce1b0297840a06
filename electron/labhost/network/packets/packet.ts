/**
 * A frame read into its layers, down to the packet inside a tunnel. Never throws: where bytes are missing or odd the layers
 * end, and what is left counts as payload.
 *
 *   PK1  Layers come from the outside in. What follows `vxlan`, `geneve` or `ipip` belongs to the packet inside.
 *   PK2  A fragment other than the first has no layer above IP.
 *   PK3  At most `deepest` layers are read, so that no frame costs without bound.
 */
import { macAt, minimumFrameBytes } from './ethernet.ts'
import { type IpAddress, ipv6At } from './ip-address.ts'
import { etherTypes, ipProtocols, isVxlanPort, ports } from './numbers.ts'

export interface EthernetLayer { readonly kind: 'ethernet'; readonly source: number; readonly destination: number; readonly etherType: number; readonly vlan: number | null }
export interface ArpLayer { readonly kind: 'arp'; readonly operation: number; readonly senderMac: number; readonly sender: IpAddress; readonly target: IpAddress }
export interface IpLayer {
  readonly kind: 'ip'
  readonly version: 4 | 6
  readonly source: IpAddress
  readonly destination: IpAddress
  readonly protocol: number
  readonly hops: number
  /** Of the packet as its header says, which may be more than was captured. */
  readonly bytes: number
  readonly dontFragment: boolean
  readonly isLaterFragment: boolean
}
export interface IcmpLayer { readonly kind: 'icmp'; readonly version: 4 | 6; readonly type: number; readonly code: number; readonly at: number }
export interface TcpLayer { readonly kind: 'tcp'; readonly source: number; readonly destination: number; readonly flags: number; readonly sequence: number; readonly acknowledgement: number; readonly window: number }
export interface UdpLayer { readonly kind: 'udp'; readonly source: number; readonly destination: number }
export interface TunnelLayer { readonly kind: 'vxlan' | 'geneve'; readonly network: number }
export interface IpipLayer { readonly kind: 'ipip' }
export interface WireguardLayer { readonly kind: 'wireguard'; readonly message: number }
/** What no layer claimed: from at to end of the frame's bytes. */
export interface PayloadLayer { readonly kind: 'payload'; readonly at: number; readonly end: number }

export type Layer = EthernetLayer | ArpLayer | IpLayer | IcmpLayer | TcpLayer | UdpLayer | TunnelLayer | IpipLayer | WireguardLayer | PayloadLayer

const deepest = 16

export function readPacket(bytes: Buffer, at = 0, end = bytes.length): readonly Layer[] {
  const layers: Layer[] = []
  readEthernet({ bytes, layers }, at, end)
  return layers
}

/** Layers from the packet inside the last tunnel; none where there is no tunnel. */
export function innerLayers(layers: readonly Layer[]): readonly Layer[] {
  const tunnel = layers.findLastIndex(({ kind }) => kind === 'vxlan' || kind === 'geneve' || kind === 'ipip')
  return tunnel < 0 ? [] : layers.slice(tunnel + 1)
}

interface Reading {
  readonly bytes: Buffer
  readonly layers: Layer[]
}

function payload({ layers }: Reading, at: number, end: number): void {
  if (end > at) layers.push({ kind: 'payload', at, end })
}

function readEthernet(reading: Reading, at: number, end: number): void {
  const { bytes, layers } = reading
  if (end - at < minimumFrameBytes || layers.length > deepest) return payload(reading, at, end)
  let etherType = bytes.readUInt16BE(at + 12)
  let next = at + minimumFrameBytes
  let vlan: number | null = null
  if (etherType === etherTypes.vlan && end - next >= 4) {
    vlan = bytes.readUInt16BE(next) & 0xfff
    etherType = bytes.readUInt16BE(next + 2)
    next += 4
  }
  layers.push({ kind: 'ethernet', destination: macAt(bytes, at), source: macAt(bytes, at + 6), etherType, vlan })
  if (etherType === etherTypes.ipv4 || etherType === etherTypes.ipv6) readIp(reading, next, end)
  else if (etherType === etherTypes.arp && end - next >= 28 && bytes.readUInt16BE(next + 2) === etherTypes.ipv4) {
    layers.push({ kind: 'arp', operation: bytes.readUInt16BE(next + 6), senderMac: macAt(bytes, next + 8), sender: bytes.readUInt32BE(next + 14), target: bytes.readUInt32BE(next + 24) })
  } else payload(reading, next, end)
}

function readIp(reading: Reading, at: number, end: number): void {
  const { bytes, layers } = reading
  const version = at < end ? bytes[at]! >> 4 : 0
  if (version === 4 && end - at >= 20) {
    const headerBytes = (bytes[at]! & 0x0f) * 4
    const length = bytes.readUInt16BE(at + 2)
    if (headerBytes < 20 || end - at < headerBytes) return payload(reading, at, end)
    const fragment = bytes.readUInt16BE(at + 6)
    const ip: IpLayer = { kind: 'ip', version: 4, source: bytes.readUInt32BE(at + 12), destination: bytes.readUInt32BE(at + 16), protocol: bytes[at + 9]!, hops: bytes[at + 8]!, bytes: length, dontFragment: (fragment & 0x4000) !== 0, isLaterFragment: (fragment & 0x1fff) !== 0 }
    layers.push(ip)
    readTransport(reading, ip, at + headerBytes, length >= headerBytes ? Math.min(end, at + length) : end) // short frames are padded
  } else if (version === 6 && end - at >= 40) {
    const length = 40 + bytes.readUInt16BE(at + 4)
    const ip: IpLayer = { kind: 'ip', version: 6, source: ipv6At(bytes, at + 8), destination: ipv6At(bytes, at + 24), protocol: bytes[at + 6]!, hops: bytes[at + 7]!, bytes: length, dontFragment: true, isLaterFragment: false }
    layers.push(ip)
    readTransport(reading, ip, at + 40, Math.min(end, at + length))
  } else payload(reading, at, end)
}

function readTransport(reading: Reading, ip: IpLayer, at: number, end: number): void {
  const { bytes, layers } = reading
  const left = end - at
  if (ip.isLaterFragment || layers.length > deepest) return payload(reading, at, end) // PK2, PK3
  if (ip.protocol === ipProtocols.tcp && left >= 20) {
    const headerBytes = (bytes[at + 12]! >> 4) * 4
    layers.push({ kind: 'tcp', source: bytes.readUInt16BE(at), destination: bytes.readUInt16BE(at + 2), sequence: bytes.readUInt32BE(at + 4), acknowledgement: bytes.readUInt32BE(at + 8), flags: bytes[at + 13]!, window: bytes.readUInt16BE(at + 14) })
    payload(reading, at + Math.max(20, headerBytes), end)
  } else if (ip.protocol === ipProtocols.udp && left >= 8) {
    const udp: UdpLayer = { kind: 'udp', source: bytes.readUInt16BE(at), destination: bytes.readUInt16BE(at + 2) }
    layers.push(udp)
    readTunnel(reading, udp, at + 8, end)
  } else if ((ip.protocol === ipProtocols.icmp || ip.protocol === ipProtocols.icmpv6) && left >= 4) {
    layers.push({ kind: 'icmp', version: ip.version, type: bytes[at]!, code: bytes[at + 1]!, at })
    payload(reading, at + 8, end)
  } else if (ip.protocol === ipProtocols.ipip || ip.protocol === ipProtocols.ipv6) {
    layers.push({ kind: 'ipip' })
    readIp(reading, at, end)
  } else payload(reading, at, end)
}

function readTunnel(reading: Reading, { destination }: UdpLayer, at: number, end: number): void {
  const { bytes, layers } = reading
  if (isVxlanPort(destination) && end - at >= 8) {
    layers.push({ kind: 'vxlan', network: bytes.readUIntBE(at + 4, 3) })
    readEthernet(reading, at + 8, end)
  } else if (destination === ports.geneve && end - at >= 8) {
    layers.push({ kind: 'geneve', network: bytes.readUIntBE(at + 4, 3) })
    const next = at + 8 + (bytes[at]! & 0x3f) * 4
    const carried = bytes.readUInt16BE(at + 2)
    if (carried === 0x6558) readEthernet(reading, next, end)
    else if (carried === etherTypes.ipv4 || carried === etherTypes.ipv6) readIp(reading, next, end)
    else payload(reading, next, end)
  } else if (destination === ports.wireguard && end - at >= 4) {
    layers.push({ kind: 'wireguard', message: bytes[at]! })
    payload(reading, at + 4, end)
  } else payload(reading, at, end)
}
