/** The IPv4 header (RFC 791) as a router reads and writes it. A packet lies in bytes from at to end. */
export const ipv4HeaderBytes = 20

export interface Ipv4Header {
  readonly headerBytes: number
  readonly totalBytes: number
  readonly hops: number
  readonly protocol: number
  readonly source: number
  readonly destination: number
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** In units of eight bytes. */
  readonly fragmentOffset: number
}

/** Undefined for what is no IPv4 packet, is cut off, or has a wrong checksum: nobody answers those (RFC 1812, 4.2.2.5). */
export function readIpv4(bytes: Buffer, at: number, end: number): Ipv4Header | undefined {
  if (end - at < ipv4HeaderBytes || bytes[at]! >> 4 !== 4) return undefined
  const headerBytes = (bytes[at]! & 0x0f) * 4
  const totalBytes = bytes.readUInt16BE(at + 2)
  if (headerBytes < ipv4HeaderBytes || totalBytes < headerBytes || at + totalBytes > end || internetChecksum(bytes, at, at + headerBytes) !== 0) return undefined
  const fragment = bytes.readUInt16BE(at + 6)
  return {
    headerBytes,
    totalBytes,
    hops: bytes[at + 8]!,
    protocol: bytes[at + 9]!,
    source: bytes.readUInt32BE(at + 12),
    destination: bytes.readUInt32BE(at + 16),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: fragment & 0x1fff,
  }
}

/** RFC 1071. Of bytes whose own checksum is in them and right it is 0. */
export function internetChecksum(bytes: Buffer, at: number, end: number): number {
  let sum = 0
  let index = at
  for (; index + 1 < end; index += 2) sum += (bytes[index]! << 8) | bytes[index + 1]!
  if (index < end) sum += bytes[index]! << 8
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return ~sum & 0xffff
}

export function writeHeaderChecksum(packet: Buffer, headerBytes: number): void {
  packet.writeUInt16BE(0, 10)
  packet.writeUInt16BE(internetChecksum(packet, 0, headerBytes), 10)
}

/** A packet without options. */
export function ipv4Packet(header: { readonly source: number; readonly destination: number; readonly protocol: number; readonly hops: number }, payload: Buffer): Buffer {
  const packet = Buffer.alloc(ipv4HeaderBytes + payload.length)
  packet[0] = 0x45
  packet.writeUInt16BE(packet.length, 2)
  packet[8] = header.hops
  packet[9] = header.protocol
  packet.writeUInt32BE(header.source, 12)
  packet.writeUInt32BE(header.destination, 16)
  writeHeaderChecksum(packet, ipv4HeaderBytes)
  payload.copy(packet, ipv4HeaderBytes)
  return packet
}

/** Class D and E, loopback, "this host": nobody is there to be reached or answered. */
export function isUnicast(address: number): boolean {
  const first = address >>> 24
  return first > 0 && first < 224 && first !== 127
}
