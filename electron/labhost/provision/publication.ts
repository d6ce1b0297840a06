/**
 * One reverse forward: an address on the machine whose connections arrive at a target on the desktop.
 *
 *   PB1  Asked for on each new connection; refused ones are asked for again with growing pauses, because an sshd that
 *        has not yet noticed the end of our previous connection still holds the port.
 *   PB2  A connection whose target cannot be reached is closed at once; the publication stays.
 */
import type { Duplex } from 'node:stream'
import type { AcceptConnection, Client, ClientChannel } from 'ssh2'
import { backoffMs } from '../../../agents/base/backoff.ts'
import type { Clock } from '../../../agents/base/clock.ts'
import { errorText, type Log } from '../../../agents/base/log.ts'
import { ChannelStream } from './channel-stream.ts'
import { joinStreams } from './join-streams.ts'
import type { PublicationPhase, PublicationState } from './link-state.ts'

export interface PublicationOptions {
  readonly address: string
  readonly port: number
  readonly target: () => Promise<Duplex>
  readonly clock: Clock
  readonly log: Log
  readonly onEnd: () => void
}

const retry = { firstMs: 100, maxMs: 2_000, factor: 2 }

export class Publication implements Disposable {
  readonly #options: PublicationOptions
  #phase: PublicationPhase = 'waiting'
  #problem: string | null = null
  #connections = 0
  #client: Client | undefined
  #timer: Disposable | undefined

  constructor(options: PublicationOptions) {
    this.#options = options
  }

  get state(): PublicationState {
    return { address: this.#options.address, port: this.#options.port, phase: this.#phase, problem: this.#problem, connections: this.#connections }
  }

  attach(client: Client): void {
    this.detach()
    this.#client = client
    this.#ask(client, 1)
  }

  detach(): void {
    this.#client = undefined
    this.#phase = 'waiting'
    this.#timer?.[Symbol.dispose]()
  }

  serve(client: Client, accept: AcceptConnection<ClientChannel>): void {
    const near = new ChannelStream(accept(), client, () => 'the link to the machine was lost')
    this.#connections++
    near.on('close', () => { this.#connections-- })
    near.on('error', () => {})
    this.#options.target().then(
      far => {
        if (near.destroyed) far.destroy()
        else joinStreams(near, far)
      },
      (error: unknown) => {
        this.#options.log.debug('published target could not be reached', { port: this.#options.port, error: errorText(error) })
        near.destroy() // PB2
      },
    )
  }

  [Symbol.dispose](): void {
    const client = this.#client
    if (client !== undefined && this.#phase === 'published') {
      try {
        client.unforwardIn(this.#options.address, this.#options.port, () => {})
      } catch {
        // the connection is going down, and the forward with it
      }
    }
    this.detach()
    this.#options.onEnd()
  }

  #ask(client: Client, attempt: number): void {
    const refused = (error: unknown) => {
      if (this.#client !== client) return
      this.#problem = errorText(error)
      this.#timer = this.#options.clock.after(backoffMs(retry, attempt), () => { this.#ask(client, attempt + 1) }) // PB1
    }
    try {
      client.forwardIn(this.#options.address, this.#options.port, error => {
        if (this.#client !== client) return
        if (error !== undefined && error !== null) {
          refused(error)
          return
        }
        this.#phase = 'published'
        this.#problem = null
      })
    } catch (error) {
      refused(error)
    }
  }
}
