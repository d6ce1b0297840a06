/**
 * One capture: which frames of the switch are meant, written as pcapng blocks into pieces that its reader takes one by one.
 *
 *   CT1  A piece is given out when it is full or pieceMs old, so that a live view is live and a busy link is cheap.
 *   CT2  The reader takes a piece before it gets more than piecesAhead others: what comes meanwhile is counted as dropped,
 *        and the switch never waits.
 *   CT3  Each node is an interface of the file, described before its first packet; frames are seen from the node's side.
 *   CT4  At the end the dropped frames are written into the file, as statistics of its interfaces.
 */
import type { Clock } from '../../../../agents/base/clock.ts'
import type { CaptureTarget } from '../../../contract/captures.ts'
import type { FrameFilter } from '../packets/filter.ts'
import { compileFilter } from '../packets/filter.ts'
import type { FrameObserver } from '../switch/virtual-switch.ts'
import { type BlockMemory, type PacketDirection, blockMemory, interfaceDescription, interfaceStatistics, packetBlockBytes, sectionHeader, writePacketBlock } from './pcapng.ts'

export interface CaptureOptions {
  readonly target: CaptureTarget
  readonly filter: string
  readonly snapBytes: number
}

const pieceBytes = 256 * 1024
const pieceMs = 100
const piecesAhead = 32
/** As many as may be away at once: fresh pages cost more than what is copied into them. */
const piecesSpare = piecesAhead + 1

export class CaptureTap implements FrameObserver {
  readonly sent?: FrameObserver['sent']
  readonly received?: FrameObserver['received']
  readonly #options: CaptureOptions
  readonly #clock: Clock
  readonly #give: (piece: Buffer, dropped: number) => void
  readonly #matches: FrameFilter | undefined
  readonly #interfaces = new Map<string, number>()
  /** Epoch microseconds at monotonic zero. */
  readonly #zeroMicros: number
  #piece = newPiece()
  /** The last packet's, and the interface it was of: the next one mostly is alike. */
  readonly #head: { interfaceId: number; epochMicros: number; direction: PacketDirection; bytes: number } = { interfaceId: 0, epochMicros: 0, direction: 'sent', bytes: 0 }
  #lastNode: string | undefined
  #used: number
  readonly #spare: BlockMemory[] = []
  #ahead = 0
  #dropped = 0
  #timer: Disposable | undefined

  constructor(options: CaptureOptions, clock: Clock, give: (piece: Buffer, dropped: number) => void) {
    this.#options = options
    this.#clock = clock
    this.#give = give
    this.#matches = options.filter.trim() === '' ? undefined : compileFilter(options.filter)
    this.#zeroMicros = (clock.now() - clock.monotonic()) * 1_000
    this.#used = sectionHeader('Kubarium').copy(this.#piece.bytes)
    const { target } = options
    if (target.type !== 'link') {
      this.sent = (from, bytes, at, end, atMs) => { if (target.type === 'lan' || from === target.node) this.#take(from, 'sent', bytes, at, end, atMs) }
    }
    if (target.type !== 'lan') {
      this.received = (from, to, bytes, at, end) => { if (target.type === 'node' ? to === target.node : isOnLink(target, from, to)) this.#take(to, 'received', bytes, at, end, clock.monotonic()) }
    }
    this.#planFlush()
  }

  /** CT2: the reader has done with a piece; its memory is used again, since fresh pages cost more than what is copied into them. */
  taken(memory: Buffer<ArrayBuffer>): void {
    this.#ahead--
    if (memory.length === pieceBytes && this.#spare.length < piecesSpare) this.#spare.push(blockMemory(memory))
  }

  /** CT4 */
  close(): void {
    const now = this.#micros(this.#clock.monotonic())
    for (const id of this.#interfaces.values()) this.#append(interfaceStatistics(id, now, id === 0 ? this.#dropped : 0))
    this.#flush()
    this.#timer?.[Symbol.dispose]()
  }

  #take(node: string, direction: PacketDirection, bytes: Buffer, at: number, end: number, atMs: number): void {
    if (this.#matches?.(bytes, at, end) === false) return
    if (this.#ahead > piecesAhead) {
      this.#dropped++
      return
    }
    const head = this.#head
    if (node !== this.#lastNode) {
      head.interfaceId = this.#interfaces.get(node) ?? this.#describe(node)
      this.#lastNode = node
    }
    const captured = Math.min(end - at, this.#options.snapBytes)
    if (this.#used + packetBlockBytes(captured) > pieceBytes) this.#flush()
    head.epochMicros = this.#micros(atMs)
    head.direction = direction
    head.bytes = end - at
    this.#used = writePacketBlock(this.#piece, this.#used, head, bytes, at, captured)
    this.#planFlush()
  }

  #describe(node: string): number {
    const id = this.#interfaces.size
    this.#interfaces.set(node, id)
    this.#append(interfaceDescription(node, this.#options.snapBytes))
    return id
  }

  #append(block: Buffer): void {
    if (this.#used + block.length > pieceBytes) this.#flush()
    this.#used += block.copy(this.#piece.bytes, this.#used)
  }

  #planFlush(): void {
    this.#timer ??= this.#clock.after(pieceMs, () => { this.#flush() })
  }

  #flush(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (this.#used === 0) return
    const piece = this.#piece.bytes.subarray(0, this.#used)
    this.#piece = this.#spare.pop() ?? newPiece()
    this.#used = 0
    this.#ahead++
    this.#give(piece, this.#dropped)
  }

  #micros(monotonicMs: number): number {
    return Math.round(this.#zeroMicros + monotonicMs * 1_000)
  }
}

function newPiece(): BlockMemory {
  return blockMemory(Buffer.allocUnsafeSlow(pieceBytes))
}

function isOnLink(link: { readonly from: string; readonly to: string; readonly bothWays: boolean }, from: string, to: string): boolean {
  return (from === link.from && to === link.to) || (link.bothWays && from === link.to && to === link.from)
}
