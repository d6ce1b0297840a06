/**
 * A router between networks of a lab: IPv4 (RFC 1812) over ethernet, without sockets. Frames in, frames out.
 *
 *   RO1  It answers ARP for its own addresses, and only on the network that they belong to.
 *   RO2  A packet for the router's MAC goes where the longest matching route leads, one hop less; at the last hop it ends with
 *        "time exceeded".
 *   RO3  Without a route: "network unreachable". A neighbour that does not answer ARP: "host unreachable".
 *   RO4  What is larger than the next link carries is cut, or, where it must not be cut, ends with "fragmentation needed".
 *   RO5  It answers pings of its own addresses; what else is for itself it refuses: port or protocol unreachable.
 *   RO6  At most complaintsASecond ICMP errors leave it in a second; what else happens is counted.
 *   RO7  Broadcasts and multicasts stay on their network.
 */
import { type Ipv4Range, numberToIpv4 } from '../../../../agents/base/ip.ts'
import type { Clock } from '../../../../agents/base/clock.ts'
import { macAt, macText, minimumFrameBytes } from '../packets/ethernet.ts'
import { etherTypes, ipProtocols } from '../packets/numbers.ts'
import { fragmentPacket } from './fragment.ts'
import { type Complaint, hopsOfOwnPackets, mayComplainAbout, renderComplaint } from './icmp-errors.ts'
import { type Ipv4Header, internetChecksum, ipv4Packet, isUnicast, readIpv4, writeHeaderChecksum } from './ipv4-packet.ts'
import { Neighbours } from './neighbours.ts'

export interface RouterInterface {
  readonly network: string
  readonly mac: number
  readonly address: number
  readonly range: Ipv4Range
  readonly mtuBytes: number
}

/** What of a router is counted. */
export interface RouterCounts {
  forwarded: number
  hopsUsedUp: number
  unreachable: number
  tooLarge: number
  fragmented: number
  malformed: number
}

export interface RouterOptions {
  readonly interfaces: readonly RouterInterface[]
  /** Beside the networks that it is on. */
  readonly routes: readonly { readonly to: Ipv4Range; readonly via: number }[]
  readonly clock: Clock
  /** A frame from headerRoom to its end; the bytes before are the callee's. */
  readonly send: (interfaceIndex: number, frame: Buffer) => void
}

interface Hop {
  readonly to: Ipv4Range
  readonly out: number
  /** null: the destination itself is the neighbour. */
  readonly via: number | null
}

interface Routed {
  readonly packet: Buffer
  /** Where it came in; null for the router's own. */
  readonly from: number | null
}

/** Free bytes before every frame that leaves, for its length on the wire. */
export const headerRoom = 4
const broadcastMac = 0xffff_ffff_ffff
const arp = { request: 1, answer: 2, bytes: 28 } as const
const echo = { request: 8, answer: 0 } as const
const complaintsASecond = 100

export class Router {
  readonly counts: RouterCounts = { forwarded: 0, hopsUsedUp: 0, unreachable: 0, tooLarge: 0, fragmented: 0, malformed: 0 }
  readonly #options: RouterOptions
  readonly #hops: readonly Hop[]
  readonly #neighbours: readonly Neighbours<Routed>[]
  #complaints = { since: 0, count: 0 }

  constructor(options: RouterOptions) {
    this.#options = options
    const connected = options.interfaces.map(({ range }, out) => ({ to: range, out, via: null }))
    const beyond = options.routes.flatMap(({ to, via }) => {
      const out = options.interfaces.findIndex(({ range }) => isIn(range, via))
      return out < 0 ? [] : [{ to, out, via }]
    })
    this.#hops = [...connected, ...beyond].sort((a, b) => b.to.prefix - a.to.prefix)
    this.#neighbours = options.interfaces.map((_, out) => new Neighbours<Routed>(options.clock, {
      ask: address => { this.#sendArp(out, arp.request, broadcastMac, address, 0) },
      send: ({ packet }, mac) => { this.#sendFrame(out, mac, etherTypes.ipv4, packet) },
      giveUp: routed => { this.#complainAbout(routed, { about: 'host-unreachable' }) }, // RO3
    }))
  }

  get neighbours(): readonly { readonly network: string; readonly address: string; readonly mac: string }[] {
    return this.#neighbours.flatMap(({ known }, index) => known.map(({ address, mac }) => ({ network: this.#options.interfaces[index]!.network, address: numberToIpv4(address), mac: macText(mac) })))
  }

  /** A frame that reached the interface, in bytes from at to end. */
  take(index: number, bytes: Buffer, at: number, end: number): void {
    if (end - at < minimumFrameBytes) return
    const etherType = bytes.readUInt16BE(at + 12)
    const inner = at + minimumFrameBytes
    if (etherType === etherTypes.arp) this.#takeArp(index, bytes, inner, end)
    else if (etherType === etherTypes.ipv4 && macAt(bytes, at) === this.#options.interfaces[index]!.mac) this.#takePacket(index, bytes, inner, end) // RO7
  }

  close(): void {
    for (const neighbours of this.#neighbours) neighbours.close()
  }

  #takeArp(index: number, bytes: Buffer, at: number, end: number): void {
    if (end - at < arp.bytes || bytes.readUInt16BE(at + 2) !== etherTypes.ipv4) return
    const { address, range } = this.#options.interfaces[index]!
    const [operation, senderMac, sender, target] = [bytes.readUInt16BE(at + 6), macAt(bytes, at + 8), bytes.readUInt32BE(at + 14), bytes.readUInt32BE(at + 24)]
    const isForUs = target === address
    if (sender !== address && isIn(range, sender)) this.#neighbours[index]!.heard(sender, senderMac, isForUs)
    if (isForUs && operation === arp.request) this.#sendArp(index, arp.answer, senderMac, sender, senderMac) // RO1
  }

  #takePacket(index: number, bytes: Buffer, at: number, end: number): void {
    const header = readIpv4(bytes, at, end)
    if (header === undefined) {
      this.counts.malformed++
      return
    }
    if (!isUnicast(header.destination) || !isUnicast(header.source)) return // RO7
    const packet = Buffer.from(bytes.subarray(at, at + header.totalBytes)) // the frame may be on its way to others too
    if (this.#options.interfaces.some(({ address }) => address === header.destination)) this.#takeOwn(index, packet, header)
    else this.#forward(index, packet, header)
  }

  /** RO2 */
  #forward(index: number, packet: Buffer, header: Ipv4Header): void {
    const routed = { packet, from: index }
    if (header.hops <= 1) {
      this.counts.hopsUsedUp++
      this.#complain({ about: 'hops-used-up' }, routed, header)
      return
    }
    const hop = this.#hopTo(header.destination)
    if (hop === undefined) {
      this.counts.unreachable++
      this.#complain({ about: 'network-unreachable' }, routed, header) // RO3
      return
    }
    const { mtuBytes } = this.#options.interfaces[hop.out]!
    if (header.totalBytes > mtuBytes && header.dontFragment) { // RO4
      this.counts.tooLarge++
      this.#complain({ about: 'too-large', mtuBytes }, routed, header)
      return
    }
    packet[8] = header.hops - 1
    writeHeaderChecksum(packet, header.headerBytes)
    this.counts.forwarded++
    if (header.totalBytes <= mtuBytes) this.#neighbours[hop.out]!.deliver(routed, hop.via ?? header.destination)
    else {
      this.counts.fragmented++
      for (const fragment of fragmentPacket(packet, header, mtuBytes)) this.#neighbours[hop.out]!.deliver({ packet: fragment, from: index }, hop.via ?? header.destination)
    }
  }

  /** RO5 */
  #takeOwn(index: number, packet: Buffer, header: Ipv4Header): void {
    const { protocol, headerBytes, fragmentOffset, moreFragments, source, destination } = header
    const routed = { packet, from: index }
    if (protocol !== ipProtocols.icmp) {
      this.#complain({ about: protocol === ipProtocols.udp || protocol === ipProtocols.tcp ? 'port-unreachable' : 'protocol-unreachable' }, routed, header)
      return
    }
    if (packet[headerBytes] !== echo.request || fragmentOffset > 0 || moreFragments) return
    const message = packet.subarray(headerBytes)
    message[0] = echo.answer
    message.writeUInt16BE(0, 2)
    message.writeUInt16BE(internetChecksum(message, 0, message.length), 2)
    this.#sendOwn(ipv4Packet({ source: destination, destination: source, protocol, hops: hopsOfOwnPackets }, message))
  }

  #complainAbout(routed: Routed, complaint: Complaint): void {
    this.counts.unreachable++
    const header = readIpv4(routed.packet, 0, routed.packet.length)
    if (header !== undefined) this.#complain(complaint, routed, header)
  }

  #complain(complaint: Complaint, { packet, from }: Routed, header: Ipv4Header): void {
    if (from === null || !mayComplainAbout(packet, header)) return
    const now = this.#options.clock.monotonic()
    if (now - this.#complaints.since >= 1_000) this.#complaints = { since: now, count: 0 }
    if (++this.#complaints.count > complaintsASecond) return // RO6
    this.#sendOwn(renderComplaint(complaint, packet, header, this.#options.interfaces[from]!.address))
  }

  #sendOwn(packet: Buffer): void {
    const destination = packet.readUInt32BE(16)
    const hop = this.#hopTo(destination)
    if (hop !== undefined) this.#neighbours[hop.out]!.deliver({ packet, from: null }, hop.via ?? destination)
  }

  #hopTo(destination: number): Hop | undefined {
    return this.#hops.find(({ to }) => isIn(to, destination))
  }

  #sendArp(out: number, operation: number, to: number, target: number, targetMac: number): void {
    const { mac, address } = this.#options.interfaces[out]!
    const message = Buffer.alloc(arp.bytes)
    message.writeUInt16BE(1, 0)
    message.writeUInt16BE(etherTypes.ipv4, 2)
    message[4] = 6
    message[5] = 4
    message.writeUInt16BE(operation, 6)
    message.writeUIntBE(mac, 8, 6)
    message.writeUInt32BE(address, 14)
    message.writeUIntBE(targetMac, 18, 6)
    message.writeUInt32BE(target, 24)
    this.#sendFrame(out, to, etherTypes.arp, message)
  }

  #sendFrame(out: number, to: number, etherType: number, payload: Buffer): void {
    const frame = Buffer.allocUnsafe(headerRoom + minimumFrameBytes + payload.length)
    frame.writeUInt32BE(minimumFrameBytes + payload.length, 0)
    frame.writeUIntBE(to, headerRoom, 6)
    frame.writeUIntBE(this.#options.interfaces[out]!.mac, headerRoom + 6, 6)
    frame.writeUInt16BE(etherType, headerRoom + 12)
    payload.copy(frame, headerRoom + minimumFrameBytes)
    this.#options.send(out, frame)
  }
}

function isIn({ first, size }: Ipv4Range, address: number): boolean {
  return address >= first && address < first + size
}
