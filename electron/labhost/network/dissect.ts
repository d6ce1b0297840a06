/**
 * What a switch wants to know of a frame, read without copying and without ever throwing: anything cut short or odd is
 * simply `other`.
 *
 *   DI1  Encapsulation is told by the outer header alone: UDP to 8472 or 4789 is VXLAN, UDP to 51820 WireGuard, IP protocol 4 IPIP.
 *   DI2  A fragment other than the first has no ports and counts as `other`.
 */
export type Encapsulation = 'vxlan' | 'ipip' | 'wireguard'
export const encapsulations: readonly Encapsulation[] = ['vxlan', 'ipip', 'wireguard']

const ipv4 = 0x0800
const vlan = 0x8100
const protocolIpip = 4
const protocolUdp = 17
/** Linux' and flannel's VXLAN port, and IANA's. */
const vxlanPorts: ReadonlySet<number> = new Set([8472, 4789])
const wireguardPort = 51_820
const vxlanHeaderBytes = 8

export const minimumFrameBytes = 14

/** MACs as numbers: 48 bits fit a double, and a Map of numbers is quicker than one of strings. */
export function destinationMac(frame: Buffer): number {
  return frame.readUIntBE(0, 6)
}

export function sourceMac(frame: Buffer): number {
  return frame.readUIntBE(6, 6)
}

/** The lowest bit of the first octet: broadcast and multicast. */
export function isGroupMac(mac: number): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1
}

export function macText(mac: number): string {
  return mac.toString(16).padStart(12, '0').replace(/(..)(?!$)/g, '$1:')
}

interface Ipv4Place {
  readonly protocol: number
  readonly payloadAt: number
  readonly isLaterFragment: boolean
}

function findIpv4(frame: Buffer): Ipv4Place | undefined {
  if (frame.length < 34) return undefined
  let at = 12
  let etherType = frame.readUInt16BE(at)
  if (etherType === vlan && frame.length >= 38) {
    at += 4
    etherType = frame.readUInt16BE(at)
  }
  if (etherType !== ipv4) return undefined
  const ipAt = at + 2
  const headerBytes = (frame[ipAt]! & 0x0f) * 4
  if (frame[ipAt]! >> 4 !== 4 || headerBytes < 20 || frame.length < ipAt + headerBytes) return undefined
  return {
    protocol: frame[ipAt + 9]!,
    payloadAt: ipAt + headerBytes,
    isLaterFragment: (frame.readUInt16BE(ipAt + 6) & 0x1fff) !== 0,
  }
}

export function encapsulationOf(frame: Buffer): Encapsulation | undefined {
  const ip = findIpv4(frame)
  if (ip === undefined || ip.isLaterFragment) return undefined // DI2
  if (ip.protocol === protocolIpip) return 'ipip'
  if (ip.protocol !== protocolUdp || frame.length < ip.payloadAt + 8) return undefined
  const port = frame.readUInt16BE(ip.payloadAt + 2)
  if (port === wireguardPort) return 'wireguard'
  return vxlanPorts.has(port) ? 'vxlan' : undefined
}

/** The ethernet frame inside a VXLAN packet, as a view; undefined when the frame is no VXLAN packet or is cut short. */
export function vxlanInner(frame: Buffer): { readonly vni: number; readonly frame: Buffer } | undefined {
  if (encapsulationOf(frame) !== 'vxlan') return undefined
  const at = findIpv4(frame)!.payloadAt + 8
  if (frame.length < at + vxlanHeaderBytes + minimumFrameBytes) return undefined
  return { vni: frame.readUIntBE(at + 4, 3), frame: frame.subarray(at + vxlanHeaderBytes) }
}
