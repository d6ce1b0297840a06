/**
 * The pcapng file format (draft-ietf-opsawg-pcapng), as much of it as a capture needs: section header, interface
 * description, enhanced packet and interface statistics blocks, in little-endian byte order, times in microseconds.
 *
 *   block: type u32 | total length u32 | body, padded to 4 | total length u32
 */
export type PacketDirection = 'sent' | 'received'

const blockTypes = { section: 0x0a0d0d0a, interface: 1, statistics: 5, packet: 6 } as const
const linkTypeEthernet = 1
const optionCodes = { end: 0, interfaceName: 2, packetFlags: 2, application: 4, dropped: 5 } as const
const directionFlags: Readonly<Record<PacketDirection, number>> = { received: 1, sent: 2 }

/** Bytes of a packet block beside the packet: header 28, flags 8, end of options 4, length 4. */
const packetOverheadBytes = 44

export function sectionHeader(application: string): Buffer {
  const body = Buffer.alloc(16)
  body.writeUInt32LE(0x1a2b3c4d, 0) // byte order
  body.writeUInt16LE(1, 4)
  body.writeBigInt64LE(-1n, 8) // length not known
  return block(blockTypes.section, [body, option(optionCodes.application, Buffer.from(application)), endOfOptions])
}

export function interfaceDescription(name: string, snapBytes: number): Buffer {
  const body = Buffer.alloc(8)
  body.writeUInt16LE(linkTypeEthernet, 0)
  body.writeUInt32LE(snapBytes, 4)
  return block(blockTypes.interface, [body, option(optionCodes.interfaceName, Buffer.from(name)), endOfOptions])
}

/** At the end: how many packets of the interface were lost. */
export function interfaceStatistics(interfaceId: number, epochMicros: number, dropped: number): Buffer {
  const body = Buffer.alloc(12)
  body.writeUInt32LE(interfaceId, 0)
  writeTime(body, 4, epochMicros)
  const count = Buffer.alloc(8)
  count.writeBigUInt64LE(BigInt(dropped))
  return block(blockTypes.statistics, [body, option(optionCodes.dropped, count), endOfOptions])
}

export function packetBlockBytes(capturedBytes: number): number {
  return packetOverheadBytes + padded(capturedBytes)
}

export interface PacketHead {
  readonly interfaceId: number
  readonly epochMicros: number
  readonly direction: PacketDirection
  /** Of the frame as it was. */
  readonly bytes: number
}

/** Writes a packet block at `to`: the first capturedBytes of the frame at `at` of bytes. Gives where it ends. */
export function writePacketBlock(into: Buffer, to: number, head: PacketHead, bytes: Buffer, at: number, capturedBytes: number): number {
  const length = packetBlockBytes(capturedBytes)
  into.writeUInt32LE(blockTypes.packet, to)
  into.writeUInt32LE(length, to + 4)
  into.writeUInt32LE(head.interfaceId, to + 8)
  writeTime(into, to + 12, head.epochMicros)
  into.writeUInt32LE(capturedBytes, to + 20)
  into.writeUInt32LE(head.bytes, to + 24)
  bytes.copy(into, to + 28, at, at + capturedBytes)
  let next = to + 28 + capturedBytes
  while ((next - to) % 4 !== 0) into[next++] = 0
  into.writeUInt16LE(optionCodes.packetFlags, next)
  into.writeUInt16LE(4, next + 2)
  into.writeUInt32LE(directionFlags[head.direction], next + 4)
  into.writeUInt32LE(0, next + 8) // end of options
  into.writeUInt32LE(length, next + 12)
  return next + 16
}

export type PcapngBlock =
  | { readonly type: 'interface'; readonly name: string }
  | ({ readonly type: 'packet'; readonly frame: Buffer } & PacketHead)

/** Reads whole blocks that this module wrote; others are left out. */
export function* readBlocks(bytes: Buffer): Generator<PcapngBlock> {
  for (let at = 0; at + 12 <= bytes.length;) {
    const length = bytes.readUInt32LE(at + 4)
    const type = bytes.readUInt32LE(at)
    if (type === blockTypes.interface) yield { type: 'interface', name: bytes.toString('utf8', at + 20, at + 20 + bytes.readUInt16LE(at + 18)) }
    if (type === blockTypes.packet) {
      const captured = bytes.readUInt32LE(at + 20)
      yield {
        type: 'packet',
        interfaceId: bytes.readUInt32LE(at + 8),
        epochMicros: bytes.readUInt32LE(at + 12) * 2 ** 32 + bytes.readUInt32LE(at + 16),
        bytes: bytes.readUInt32LE(at + 24),
        direction: bytes.readUInt32LE(at + 28 + padded(captured) + 4) === directionFlags.sent ? 'sent' : 'received',
        frame: bytes.subarray(at + 28, at + 28 + captured),
      }
    }
    at += length
  }
}

function block(type: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  const whole = Buffer.alloc(body.length + 12)
  whole.writeUInt32LE(type, 0)
  whole.writeUInt32LE(whole.length, 4)
  body.copy(whole, 8)
  whole.writeUInt32LE(whole.length, whole.length - 4)
  return whole
}

function option(code: number, value: Buffer): Buffer {
  const whole = Buffer.alloc(4 + padded(value.length))
  whole.writeUInt16LE(code, 0)
  whole.writeUInt16LE(value.length, 2)
  value.copy(whole, 4)
  return whole
}

const endOfOptions = Buffer.alloc(4)

function writeTime(into: Buffer, at: number, epochMicros: number): void {
  into.writeUInt32LE(Math.floor(epochMicros / 2 ** 32), at)
  into.writeUInt32LE(epochMicros % 2 ** 32, at + 4)
}

function padded(bytes: number): number {
  return (bytes + 3) & ~3
}
