/**
 * One client's conversation, whatever carries it.
 *
 *   SE1  A frame that is not one of the contract's ends the session: something else is talking.
 *   SE2  A name that is not in the contract's tables is refused by name; nothing inherited can be called.
 *   SE3  Feeds end when the client cancels them or leaves.
 *   SE4  A client that does not read is not served for ever: a feed waits while more than 4 MiB are unsent.
 */
import { callNames, feedNames } from '../../contract/lab-contract.ts'
import type { CallName, FeedName } from '../../contract/lab-contract.ts'
import type { HostFrame } from '../../contract/frames.ts'
import type { ContractService } from './contract-service.ts'

export interface Carrier {
  send(text: string): void
  /** Bytes accepted by send() that have not left yet. */
  readonly unsentBytes: () => number
  /** Ends the conversation with a reason. */
  close(reason: string): void
}

const unsentLimitBytes = 4 * 1024 * 1024

export class Session {
  readonly #service: ContractService
  readonly #carrier: Carrier
  readonly #running = new Map<number, AbortController>()
  #over = false

  constructor(service: ContractService, carrier: Carrier) {
    this.#service = service
    this.#carrier = carrier
  }

  receive(text: string): void {
    const frame = readFrame(text)
    if (frame === undefined) {
      this.#carrier.close('not a frame of the contract') // SE1
      this.end()
      return
    }
    if (frame.kind === 'cancel') {
      this.#running.get(frame.id)?.abort(new Error('cancelled'))
      return
    }
    if (this.#running.has(frame.id)) {
      this.#send({ id: frame.id, error: { code: 'invalid-argument', message: `id ${frame.id} is in use` } })
      return
    }
    const run = new AbortController()
    this.#running.set(frame.id, run)
    void (frame.kind === 'call' ? this.#call(frame.id, frame.name, frame.given) : this.#follow(frame.id, frame.name, frame.given, run.signal)).finally(() => this.#running.delete(frame.id))
  }

  end(): void {
    this.#over = true
    for (const run of this.#running.values()) run.abort(new Error('the client left')) // SE3
    this.#running.clear()
  }

  async #call(id: number, name: string, given: unknown): Promise<void> {
    try {
      if (!(callNames as readonly string[]).includes(name)) throw new UnknownName(name) // SE2
      this.#send({ id, reply: (await this.#service.calls[name as CallName](given)) ?? {} })
    } catch (error) {
      this.#fail(id, error)
    }
  }

  async #follow(id: number, name: string, given: unknown, signal: AbortSignal): Promise<void> {
    try {
      if (!(feedNames as readonly string[]).includes(name)) throw new UnknownName(name)
      for await (const item of this.#service.feeds[name as FeedName](given, signal) as AsyncIterable<unknown>) {
        if (signal.aborted) break
        this.#send({ id, item })
        while (this.#carrier.unsentBytes() > unsentLimitBytes && !signal.aborted) await new Promise(resolve => setTimeout(resolve, 20)) // SE4
      }
      this.#send({ id, end: true })
    } catch (error) {
      if (signal.aborted) this.#send({ id, end: true })
      else this.#fail(id, error)
    }
  }

  #fail(id: number, error: unknown): void {
    this.#send({ id, error: error instanceof UnknownName ? { code: 'unsupported', message: error.message } : this.#service.errorOf(error) })
  }

  #send(frame: HostFrame): void {
    if (!this.#over) this.#carrier.send(JSON.stringify(frame))
  }
}

class UnknownName extends Error {
  constructor(name: string) {
    super(`this lab host has no call or feed named ${JSON.stringify(name)}; it and the client may be of different versions`)
  }
}

type ReadFrame = { readonly id: number; readonly kind: 'call' | 'follow'; readonly name: string; readonly given: unknown } | { readonly id: number; readonly kind: 'cancel' }

function readFrame(text: string): ReadFrame | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { id, call, follow, cancel, arguments: given } = value as Record<string, unknown>
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return undefined
  if (cancel === true) return { id, kind: 'cancel' }
  if (typeof call === 'string') return { id, kind: 'call', name: call, given: given ?? {} }
  if (typeof follow === 'string') return { id, kind: 'follow', name: follow, given: given ?? {} }
  return undefined
}
