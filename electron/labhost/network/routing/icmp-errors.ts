/**
 * What a router says of a packet that it does not carry on (RFC 792, RFC 1191, RFC 1812 4.3.2).
 *
 *   IE1  Never about an ICMP error, a later fragment, or a packet from or to an address that stands for many or for nobody:
 *        such complaints would multiply.
 *   IE2  The complaint quotes the beginning of the packet, up to 576 bytes altogether, so that its sender finds the connection.
 *   IE3  Fragmentation needed names the size that would pass.
 */
import { ipProtocols } from '../packets/numbers.ts'
import { type Ipv4Header, internetChecksum, ipv4HeaderBytes, ipv4Packet, isUnicast } from './ipv4-packet.ts'

export type Complaint =
  | { readonly about: 'hops-used-up' }
  | { readonly about: 'network-unreachable' | 'host-unreachable' | 'port-unreachable' | 'protocol-unreachable' }
  | { readonly about: 'too-large'; readonly mtuBytes: number }

const kinds = {
  'network-unreachable': [3, 0],
  'host-unreachable': [3, 1],
  'protocol-unreachable': [3, 2],
  'port-unreachable': [3, 3],
  'too-large': [3, 4],
  'hops-used-up': [11, 0],
} as const satisfies Record<Complaint['about'], readonly [number, number]>

const errorTypes: ReadonlySet<number> = new Set([3, 4, 5, 11, 12])
const largestComplaintBytes = 576
export const hopsOfOwnPackets = 64

/** IE1 */
export function mayComplainAbout(packet: Buffer, { protocol, headerBytes, fragmentOffset, source, destination }: Ipv4Header): boolean {
  if (fragmentOffset > 0 || !isUnicast(source) || !isUnicast(destination)) return false
  return protocol !== ipProtocols.icmp || !errorTypes.has(packet[headerBytes] ?? 3)
}

/** @param from the address under which the router is known where the packet came from */
export function renderComplaint(complaint: Complaint, packet: Buffer, { source, totalBytes }: Ipv4Header, from: number): Buffer {
  const [type, code] = kinds[complaint.about]
  const quoted = packet.subarray(0, Math.min(totalBytes, largestComplaintBytes - ipv4HeaderBytes - 8)) // IE2
  const message = Buffer.alloc(8 + quoted.length)
  message[0] = type
  message[1] = code
  if (complaint.about === 'too-large') message.writeUInt16BE(complaint.mtuBytes, 6) // IE3
  quoted.copy(message, 8)
  message.writeUInt16BE(internetChecksum(message, 0, message.length), 2)
  return ipv4Packet({ source: from, destination: source, protocol: ipProtocols.icmp, hops: hopsOfOwnPackets }, message)
}
