/**
 * The contract as the page uses it: calls that answer once, feeds that go on.
 *
 *   BR1  A call made while the link is down waits for it, at most 15 s; a call whose link breaks is refused, not repeated.
 *   BR2  A feed survives the link: it is asked for again when the link comes back, after its listener was told it was lost.
 *   BR3  A feed that nobody follows any more is cancelled at the host.
 */
import type { ContractError, HostFrame } from '../../electron/contract/frames.ts'
import type { ArgumentsOf, CallName, FeedArgumentsOf, FeedName, ItemOf, ReplyOf } from '../../electron/contract/lab-contract.ts'
import type { LinkState, Transport } from './transport.ts'

export class BridgeError extends Error {
  readonly code: ContractError['code']

  constructor({ code, message }: ContractError) {
    super(message)
    this.name = 'BridgeError'
    this.code = code
  }
}

export interface FeedListener<N extends FeedName> {
  item(item: ItemOf<N>): void
  /** The link broke; items begin anew when it is back. */
  lost?(): void
  ended?(error: BridgeError | null): void
}

interface PendingCall {
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: BridgeError) => void
}

interface OpenFeed {
  readonly name: FeedName
  readonly arguments: unknown
  readonly listener: FeedListener<FeedName>
}

const callWaitMs = 15_000

export class LabBridge {
  readonly #transport: Transport
  readonly #calls = new Map<number, PendingCall>()
  readonly #feeds = new Map<number, OpenFeed>()
  readonly #stateListeners = new Set<(state: LinkState) => void>()
  #waiting: (() => void)[] = []
  #state: LinkState = 'connecting'
  #lastId = 0

  constructor(transport: Transport) {
    this.#transport = transport
    transport.listen({ frame: frame => { this.#receive(frame) }, state: state => { this.#become(state) } })
  }

  get state(): LinkState {
    return this.#state
  }

  onState(listener: (state: LinkState) => void): void {
    this.#stateListeners.add(listener)
    listener(this.#state)
  }

  call<N extends CallName>(name: N, given: ArgumentsOf<N>): Promise<ReplyOf<N>> {
    return new Promise((resolve, reject) => {
      const send = (): void => {
        const id = ++this.#lastId
        this.#calls.set(id, { resolve: resolve as (reply: unknown) => void, reject })
        this.#transport.send({ id, call: name, arguments: given })
      }
      if (this.#state === 'up') {
        send()
        return
      }
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter(other => other !== start)
        reject(new BridgeError({ code: 'unavailable', message: 'The lab host does not answer. Start it with: kubarium up' }))
      }, callWaitMs)
      const start = (): void => {
        clearTimeout(timer)
        send()
      }
      this.#waiting.push(start) // BR1
    })
  }

  /** Returns what ends the following. */
  follow<N extends FeedName>(name: N, given: FeedArgumentsOf<N>, listener: FeedListener<N>): () => void {
    const id = ++this.#lastId
    this.#feeds.set(id, { name, arguments: given, listener: listener as unknown as FeedListener<FeedName> })
    if (this.#state === 'up') this.#transport.send({ id, follow: name, arguments: given })
    return () => {
      if (this.#feeds.delete(id) && this.#state === 'up') this.#transport.send({ id, cancel: true }) // BR3
    }
  }

  #become(state: LinkState): void {
    const before = this.#state
    this.#state = state
    if (state === 'up') {
      for (const [id, feed] of this.#feeds) this.#transport.send({ id, follow: feed.name, arguments: feed.arguments }) // BR2
      const waiting = this.#waiting
      this.#waiting = []
      for (const start of waiting) start()
    } else if (before === 'up') {
      for (const pending of this.#calls.values()) pending.reject(new BridgeError({ code: 'unavailable', message: 'The connection to the lab host broke before it answered.' })) // BR1
      this.#calls.clear()
      for (const feed of this.#feeds.values()) feed.listener.lost?.() // BR2
    }
    for (const listener of this.#stateListeners) listener(state)
  }

  #receive(frame: HostFrame): void {
    const pending = this.#calls.get(frame.id)
    if (pending !== undefined) {
      this.#calls.delete(frame.id)
      if ('error' in frame) pending.reject(new BridgeError(frame.error))
      else pending.resolve('reply' in frame ? frame.reply : undefined)
      return
    }
    const feed = this.#feeds.get(frame.id)
    if (feed === undefined) return
    if ('item' in frame) feed.listener.item(frame.item as never)
    else {
      this.#feeds.delete(frame.id)
      feed.listener.ended?.('error' in frame ? new BridgeError(frame.error) : null)
    }
  }
}
