/**
 * Which tunnel a frame is of, told in a few reads, for counting every frame that passes. Never throws.
 *
 *   EN1  The outer header alone tells it: UDP to 8472 or 4789 is VXLAN, to 6081 Geneve, to 51820 WireGuard, IP protocol 4 IPIP.
 *   EN2  A fragment other than the first has no ports and counts as none of them.
 */
import { etherTypes, ipProtocols, isVxlanPort, ports } from './numbers.ts'

export type Encapsulation = 'vxlan' | 'ipip' | 'geneve' | 'wireguard'

export function encapsulationOf(bytes: Buffer, at: number, end: number): Encapsulation | undefined {
  let typeAt = at + 12
  if (bytes[typeAt] === 0x81 && bytes[typeAt + 1] === 0) typeAt += 4
  const ip = typeAt + 2
  if (ip + 20 > end || bytes[typeAt] !== etherTypes.ipv4 >> 8 || bytes[typeAt + 1] !== (etherTypes.ipv4 & 0xff) || bytes[ip]! >> 4 !== 4) return undefined
  if ((bytes[ip + 6]! & 0x1f) !== 0 || bytes[ip + 7] !== 0) return undefined // EN2
  const protocol = bytes[ip + 9]
  if (protocol === ipProtocols.ipip) return 'ipip'
  if (protocol !== ipProtocols.udp) return undefined
  const udp = ip + (bytes[ip]! & 0x0f) * 4
  if (udp + 8 > end) return undefined
  const port = (bytes[udp + 2]! << 8) | bytes[udp + 3]!
  if (isVxlanPort(port)) return 'vxlan'
  if (port === ports.geneve) return 'geneve'
  return port === ports.wireguard ? 'wireguard' : undefined
}
