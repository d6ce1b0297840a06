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
import { type PacketDirection, interfaceDescription, interfaceStatistics, packetBlockBytes, sectionHeader, writePacketBlock } from './pcapng.ts'

export interface CaptureOptions {
  readonly target: CaptureTarget
  readonly filter: string
  readonly snapBytes: number
}

const pieceBytes = 256 * 1024
const pieceMs = 100
const piecesAhead = 32
const piecesSpare = 8

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
  #piece = Buffer.allocUnsafeSlow(pieceBytes)
  #used: number
  readonly #spare: Buffer<ArrayBuffer>[] = []
  #ahead = 0
  #dropped = 0
  #timer: Disposable | undefined

  constructor(options: CaptureOptions, clock: Clock, give: (piece: Buffer, dropped: number) => void) {
    this.#options = options
    this.#clock = clock
    this.#give = give
    this.#matches = options.filter.trim() === '' ? undefined : compileFilter(options.filter)
    this.#zeroMicros = (clock.now() - clock.monotonic()) * 1_000
    this.#used = sectionHeader('Kubarium').copy(this.#piece)
    const { target } = options
    if (target.type !== 'link') {
      this.sent = (from, bytes, at, end) => { if (target.type === 'lan' || from === target.node) this.#take(from, 'sent', bytes, at, end) }
    }
    if (target.type !== 'lan') {
      this.received = (from, to, bytes, at, end) => { if (target.type === 'node' ? to === target.node : isOnLink(target, from, to)) this.#take(to, 'received', bytes, at, end) }
    }
    this.#planFlush()
  }

  /** CT2: the reader has done with a piece; its memory is used again, since fresh pages cost more than what is copied into them. */
  taken(memory: Buffer<ArrayBuffer>): void {
    this.#ahead--
    if (memory.length === pieceBytes && this.#spare.length < piecesSpare) this.#spare.push(memory)
  }

  /** CT4 */
  close(): void {
    const now = this.#micros()
    for (const id of this.#interfaces.values()) this.#append(interfaceStatistics(id, now, id === 0 ? this.#dropped : 0))
    this.#flush()
    this.#timer?.[Symbol.dispose]()
  }

  #take(node: string, direction: PacketDirection, bytes: Buffer, at: number, end: number): void {
    if (this.#matches?.(bytes, at, end) === false) return
    if (this.#ahead > piecesAhead) {
      this.#dropped++
      return
    }
    const interfaceId = this.#interfaces.get(node) ?? this.#describe(node)
    const captured = Math.min(end - at, this.#options.snapBytes)
    if (this.#used + packetBlockBytes(captured) > this.#piece.length) this.#flush()
    this.#used = writePacketBlock(this.#piece, this.#used, { interfaceId, epochMicros: this.#micros(), direction, bytes: end - at }, bytes, at, captured)
    this.#planFlush()
  }

  #describe(node: string): number {
    const id = this.#interfaces.size
    this.#interfaces.set(node, id)
    this.#append(interfaceDescription(node, this.#options.snapBytes))
    return id
  }

  #append(block: Buffer): void {
    if (this.#used + block.length > this.#piece.length) this.#flush()
    this.#used += block.copy(this.#piece, this.#used)
  }

  #planFlush(): void {
    this.#timer ??= this.#clock.after(pieceMs, () => { this.#flush() })
  }

  #flush(): void {
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    if (this.#used === 0) return
    const piece = this.#piece.subarray(0, this.#used)
    this.#piece = this.#spare.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
    this.#used = 0
    this.#ahead++
    this.#give(piece, this.#dropped)
  }

  #micros(): number {
    return Math.round(this.#zeroMicros + this.#clock.monotonic() * 1_000)
  }
}

function isOnLink(link: { readonly from: string; readonly to: string; readonly bothWays: boolean }, from: string, to: string): boolean {
  return (from === link.from && to === link.to) || (link.bothWays && from === link.to && to === link.from)
}
