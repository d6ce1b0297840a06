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

/** Its code and its length, 4, as one word. */
const packetFlagsHeader = optionCodes.packetFlags | (4 << 16)

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

/** Memory that blocks are written into, seen as bytes and as words in the byte order of the file. */
export interface BlockMemory {
  readonly bytes: Buffer<ArrayBuffer>
  readonly words: Uint32Array
}

/** @param bytes from the beginning of its memory on, a multiple of four of them */
export function blockMemory(bytes: Buffer<ArrayBuffer>): BlockMemory {
  return { bytes, words: new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) }
}

/** Below so many bytes a loop is faster than a call of the engine's copying. */
const loopedBytes = 96

/**
 * Writes a packet block at `to`, a multiple of four: the first capturedBytes of the frame at `at` of bytes. Gives where it ends.
 * Words are written as the machine has them, which is little-endian wherever Node runs but for s390x.
 */
export function writePacketBlock({ bytes: into, words }: BlockMemory, to: number, head: PacketHead, bytes: Buffer, at: number, capturedBytes: number): number {
  const length = packetBlockBytes(capturedBytes)
  const high = Math.floor(head.epochMicros / 2 ** 32)
  const paddedBytes = padded(capturedBytes)
  words[(to + 24 + paddedBytes) >>> 2] = 0 // what pads the frame's last word
  let word = to >>> 2
  words[word] = blockTypes.packet
  words[word + 1] = length
  words[word + 2] = head.interfaceId
  words[word + 3] = high
  words[word + 4] = head.epochMicros - high * 2 ** 32
  words[word + 5] = capturedBytes
  words[word + 6] = head.bytes
  if (capturedBytes > loopedBytes) bytes.copy(into, to + 28, at, at + capturedBytes)
  else for (let index = 0; index < capturedBytes; index++) into[to + 28 + index] = bytes[at + index]!
  word = (to + 28 + paddedBytes) >>> 2
  words[word] = packetFlagsHeader
  words[word + 1] = directionFlags[head.direction]
  words[word + 2] = 0 // end of options
  words[word + 3] = length
  return to + length
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
