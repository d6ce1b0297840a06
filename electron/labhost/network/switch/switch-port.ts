/**
 * One port of the switch: dials the unix socket on which a QEMU listens, and dials again whenever the line breaks.
 * QEMU is the listening side because then a machine outlives the lab host and either may come back first.
 */
import { connect, type Socket } from 'node:net'
import { backoffMs } from '../../../../agents/base/backoff.ts'
import type { Clock } from '../../../../agents/base/clock.ts'
import { errorText, type Log } from '../../../../agents/base/log.ts'
import type { Random } from '../../../../agents/base/random.ts'
import type { PortState, TrafficState } from '../../../contract/links.ts'
import { type Encapsulation, encapsulationOf } from '../packets/encapsulation.ts'
import { FrameReader } from './frame-stream.ts'
import { SendQueue } from './send-queue.ts'
import { reachableSocketPath } from '../unix-path.ts'

interface TrafficCount {
  frames: number
  bytes: number
  readonly encapsulated: Record<Encapsulation, number>
}

export interface SwitchPortOptions {
  readonly name: string
  readonly socketPath: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly queueBytes?: number
  /** A frame of this port in bytes from at to end, its length before it. */
  readonly onFrame: (port: SwitchPort, bytes: Buffer, at: number, end: number) => void
  readonly onDown: (port: SwitchPort) => void
}

const redial = { firstMs: 20, maxMs: 1_000, factor: 2, jitter: 0.2 }

export class SwitchPort {
  readonly name: string
  readonly socketPath: string
  readonly #options: SwitchPortOptions
  readonly #queue: SendQueue
  /** When the bytes were read that the frame at hand came with: a clock asked for each frame costs as much as forwarding it. */
  readAtMs = 0
  readonly #in = emptyCount()
  readonly #out = emptyCount()
  #dropped = 0
  #failures = 0
  #socket: Socket | undefined
  #connected = false
  #timer: Disposable | undefined
  #closed = false

  constructor(options: SwitchPortOptions) {
    this.name = options.name
    this.socketPath = options.socketPath
    this.#options = options
    this.#queue = new SendQueue(options.queueBytes)
    this.#dial()
  }

  state(): Omit<PortState, 'macs'> {
    return { name: this.name, connected: this.#connected, sent: copyOf(this.#in), received: copyOf(this.#out), dropped: this.#dropped }
  }

  /** The frame lies in bytes from at to end, its length before it. */
  send(bytes: Buffer, at: number, end: number): void {
    if (this.#queue.push(bytes, at, end)) count(this.#out, bytes, at, end)
    else this.#dropped++
  }

  close(): void {
    this.#closed = true
    this.#timer?.[Symbol.dispose]()
    this.#socket?.destroy()
  }

  readonly #take = (bytes: Buffer, at: number, end: number): void => {
    count(this.#in, bytes, at, end)
    this.#options.onFrame(this, bytes, at, end)
  }

  #dial(): void {
    const reader = new FrameReader()
    const path = reachableSocketPath(this.socketPath)
    const socket = connect({ path: path.path })
    this.#socket = socket
    let problem: unknown
    socket.on('connect', () => {
      path.close()
      this.#connected = true
      this.#failures = 0
      this.#queue.connect(socket)
      this.#options.log.debug('switch port connected', { port: this.name })
    })
    socket.on('data', (chunk: Buffer) => {
      this.readAtMs = this.#options.clock.monotonic()
      try {
        reader.push(chunk, this.#take)
      } catch (error) {
        socket.destroy(error as Error)
      }
    })
    socket.on('error', error => { problem = error })
    socket.on('close', () => {
      path.close()
      this.#queue.connect(undefined)
      if (this.#connected) this.#options.onDown(this)
      if (this.#connected && !this.#closed) this.#options.log.info('switch port lost', { port: this.name, error: problem === undefined ? undefined : errorText(problem) })
      this.#connected = false
      if (this.#closed) return
      this.#failures++
      this.#timer = this.#options.clock.after(backoffMs(redial, this.#failures, this.#options.random), () => { this.#dial() })
    })
  }
}

function emptyCount(): TrafficCount {
  return { frames: 0, bytes: 0, encapsulated: { vxlan: 0, ipip: 0, geneve: 0, wireguard: 0 } }
}

function copyOf(traffic: TrafficCount): TrafficState {
  return { ...traffic, encapsulated: { ...traffic.encapsulated } }
}

function count(traffic: TrafficCount, bytes: Buffer, at: number, end: number): void {
  traffic.frames++
  traffic.bytes += end - at
  const encapsulation = encapsulationOf(bytes, at, end)
  if (encapsulation !== undefined) traffic.encapsulated[encapsulation]++
}
