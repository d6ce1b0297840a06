/**
 * One port of the switch: dials the unix socket on which a QEMU listens, and dials again whenever the line breaks.
 * QEMU is the listening side because then a machine outlives the lab host and either may come back first.
 */
import { connect, type Socket } from 'node:net'
import { backoffMs } from '../../../../agents/base/backoff.ts'
import type { Clock } from '../../../../agents/base/clock.ts'
import { errorText, type Log } from '../../../../agents/base/log.ts'
import type { Random } from '../../../../agents/base/random.ts'
import type { PortState } from '../../../contract/links.ts'
import { FrameReader } from './frame-stream.ts'
import { type LanPort, type TakeFromPort, TrafficCount } from './lan-port.ts'
import { SendQueue } from './send-queue.ts'
import { reachableSocketPath } from '../unix-path.ts'

export interface SwitchPortOptions {
  readonly name: string
  readonly network: string
  readonly socketPath: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly queueBytes?: number
  readonly onFrame: TakeFromPort
  readonly onDown: (port: SwitchPort) => void
}

const redial = { firstMs: 20, maxMs: 1_000, factor: 2, jitter: 0.2 }

export class SwitchPort implements LanPort {
  readonly name: string
  readonly network: string
  readonly socketPath: string
  readonly #options: SwitchPortOptions
  readonly #queue: SendQueue
  readAtMs = 0
  readonly #in = new TrafficCount()
  readonly #out = new TrafficCount()
  #dropped = 0
  #failures = 0
  #socket: Socket | undefined
  #connected = false
  #timer: Disposable | undefined
  #closed = false

  constructor(options: SwitchPortOptions) {
    this.name = options.name
    this.network = options.network
    this.socketPath = options.socketPath
    this.#options = options
    this.#queue = new SendQueue(options.queueBytes)
    this.#dial()
  }

  state(): Omit<PortState, 'macs'> {
    return { name: this.name, network: this.network, connected: this.#connected, sent: this.#in.state, received: this.#out.state, dropped: this.#dropped }
  }

  send(bytes: Buffer, at: number, end: number): void {
    if (this.#queue.push(bytes, at, end)) this.#out.add(bytes, at, end)
    else this.#dropped++
  }

  close(): void {
    this.#closed = true
    this.#timer?.[Symbol.dispose]()
    this.#socket?.destroy()
  }

  readonly #take = (bytes: Buffer, at: number, end: number): void => {
    this.#in.add(bytes, at, end)
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
