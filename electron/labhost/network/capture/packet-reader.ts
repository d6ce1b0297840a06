/** The pieces of a capture, dissected. Interfaces are remembered over pieces. */
import type { CapturedPacket } from '../../../contract/captures.ts'
import { describeFrame } from '../packets/describe.ts'
import { readBlocks } from './pcapng.ts'

export class PacketReader {
  readonly #interfaces: string[] = []

  read(piece: Buffer): readonly CapturedPacket[] {
    const packets: CapturedPacket[] = []
    for (const block of readBlocks(piece)) {
      if (block.type === 'interface') this.#interfaces.push(block.name)
      else packets.push({ at: block.epochMicros / 1_000, node: this.#interfaces[block.interfaceId] ?? '?', direction: block.direction, bytes: block.bytes, ...describeFrame(block.frame) })
    }
    return packets
  }
}
