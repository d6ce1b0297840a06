/**
 * The desktop's end of a node's datagram relay (agents/node/datagram-relay): many UDP sessions over one stream.
 *
 *   DL1  A session ends when it is closed here, when the node ends it, or with the line; its owner is told once why, unless
 *        it closed it itself.
 *   DL2  While the stream takes no more, datagrams are dropped and counted, as a full network would.
 *   DL3  A line that no session used for a minute is closed: the node keeps no process for nothing.
 */
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../../../agents/base/clock.ts'
import { type DatagramFrame, DatagramFrameReader, renderEnd, renderFrame } from '../../../agents/wire/datagrams/datagram-frames.ts'

const idleMs = 60_000

export interface DatagramListener {
  onAnswer(payload: Uint8Array): void
  onEnd(reason: string): void
}

/** A program at the other end, or anything with its two streams. */
export interface RelayEnd {
  readonly stdin: Writable
  readonly stdout: Readable
  close(): void
}

export interface DatagramSession {
  send(payload: Uint8Array): void
  close(): void
}

export class DatagramLine {
  readonly #relay: RelayEnd
  readonly #clock: Clock
  readonly #sessions = new Map<number, DatagramListener>()
  readonly #reader = new DatagramFrameReader()
  #next = 1
  #idle: Disposable | undefined
  #isFull = false
  #end: string | undefined
  /** Settles with the line's end. */
  readonly closed: Promise<void>
  readonly #settleClosed: () => void
  dropped = 0

  constructor(relay: RelayEnd, clock: Clock) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.closed = promise
    this.#settleClosed = resolve
    this.#relay = relay
    this.#clock = clock
    const { stdin, stdout } = relay
    stdout.on('data', (piece: Buffer) => { for (const frame of this.#reader.read(piece)) this.#take(frame) })
    stdin.on('drain', () => { this.#isFull = false })
    for (const stream of new Set<Readable | Writable>([stdin, stdout])) stream.on('error', error => { this.close(error.message) })
    stdout.on('end', () => { this.close('the node\'s relay ended') })
    stdout.on('close', () => { this.close('the line to the node ended') })
    this.#watchIdle()
  }

  get sessions(): number {
    return this.#sessions.size
  }

  open(port: number, listener: DatagramListener): DatagramSession {
    const id = this.#next
    this.#next = (this.#next + 1) >>> 0
    this.#idle?.[Symbol.dispose]()
    if (this.#end === undefined) this.#sessions.set(id, listener)
    else listener.onEnd(this.#end)
    return {
      send: payload => {
        if (!this.#sessions.has(id)) return
        if (this.#isFull) this.dropped++ // DL2
        else this.#isFull = !this.#relay.stdin.write(renderFrame({ session: id, port, payload }))
      },
      close: () => {
        if (this.#forget(id)) this.#relay.stdin.write(renderEnd(id))
      },
    }
  }

  close(reason = 'the line was closed'): void {
    if (this.#end !== undefined) return
    this.#end = reason
    this.#idle?.[Symbol.dispose]()
    const listeners = [...this.#sessions.values()]
    this.#sessions.clear()
    this.#relay.close()
    for (const listener of listeners) listener.onEnd(reason) // DL1
    this.#settleClosed()
  }

  #take({ session, port, payload }: DatagramFrame): void {
    const listener = this.#sessions.get(session)
    if (listener === undefined) return // an answer that crossed with the end of its session
    if (port !== 0) listener.onAnswer(payload)
    else if (this.#forget(session)) listener.onEnd(new TextDecoder().decode(payload))
  }

  #forget(session: number): boolean {
    if (!this.#sessions.delete(session)) return false
    if (this.#sessions.size === 0) this.#watchIdle()
    return true
  }

  #watchIdle(): void { // DL3
    this.#idle = this.#clock.after(idleMs, () => { this.close('no session used it') })
  }
}
