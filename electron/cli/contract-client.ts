/** The contract over a WebSocket, for the command line: typed calls and feeds, one connection. */
import { WebSocket } from 'ws'
import type { ArgumentsOf, CallName, FeedArgumentsOf, FeedName, ItemOf, ReplyOf } from '../contract/lab-contract.ts'
import type { ContractError, HostFrame } from '../contract/frames.ts'

export class ContractFailure extends Error {
  readonly code: ContractError['code']

  constructor(error: ContractError) {
    super(error.message)
    this.code = error.code
  }
}

interface Waiting {
  readonly take: (frame: HostFrame) => void
  readonly lost: (error: Error) => void
}

export class ContractClient implements Disposable {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 1
  #over: Error | undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', data => {
      const frame = JSON.parse((data as Buffer).toString('utf8')) as HostFrame
      this.#waiting.get(frame.id)?.take(frame)
    })
    socket.on('close', () => { this.#lose(new Error('the lab host went away')) })
    socket.on('error', error => { this.#lose(error) })
  }

  static connect(port: number, token: string): Promise<ContractClient> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/contract`, { headers: { authorization: `Bearer ${token}` }, handshakeTimeout: 5_000, perMessageDeflate: false })
      socket.once('error', reject)
      socket.once('open', () => {
        socket.off('error', reject)
        resolve(new ContractClient(socket))
      })
    })
  }

  call<N extends CallName>(call: N, given: ArgumentsOf<N>): Promise<ReplyOf<N>> {
    return new Promise((resolve, reject) => {
      const id = this.#begin({
        take: frame => {
          this.#waiting.delete(id)
          if ('error' in frame) reject(new ContractFailure(frame.error))
          else if ('reply' in frame) resolve(frame.reply as ReplyOf<N>)
        },
        lost: reject,
      })
      this.#send({ id, call, arguments: given })
    })
  }

  async *follow<N extends FeedName>(follow: N, given: FeedArgumentsOf<N>): AsyncGenerator<ItemOf<N>> {
    const frames: HostFrame[] = []
    let lost: Error | undefined
    let wake = Promise.withResolvers<void>()
    const id = this.#begin({
      take: frame => {
        frames.push(frame)
        wake.resolve()
      },
      lost: error => {
        lost = error
        wake.resolve()
      },
    })
    this.#send({ id, follow, arguments: given })
    let ended = false
    try {
      for (;;) {
        const frame = frames.shift()
        if (frame === undefined) {
          if (lost !== undefined) throw lost
          await wake.promise
          wake = Promise.withResolvers()
          continue
        }
        ended = 'end' in frame || 'error' in frame
        if ('error' in frame) throw new ContractFailure(frame.error)
        if ('end' in frame) return
        if ('item' in frame) yield frame.item as ItemOf<N>
      }
    } finally {
      this.#waiting.delete(id)
      if (!ended && lost === undefined) this.#send({ id, cancel: true })
    }
  }

  [Symbol.dispose](): void {
    this.#socket.terminate()
  }

  #begin(waiting: Waiting): number {
    const id = this.#nextId++
    this.#waiting.set(id, waiting)
    if (this.#over !== undefined) queueMicrotask(() => { waiting.lost(this.#over!) })
    return id
  }

  #send(frame: unknown): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame))
  }

  #lose(error: Error): void {
    this.#over ??= error
    for (const waiting of this.#waiting.values()) waiting.lost(this.#over)
    this.#waiting.clear()
  }
}
