import { Agent } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

const maxFreeSockets = 16
const idleMs = 90_000

/** Keeps connections that it makes as its owner says. */
export class DialingAgent extends Agent {
  readonly #connect: (signal: AbortSignal) => Promise<Socket>

  constructor(connect: (signal: AbortSignal) => Promise<Socket>) {
    super({ keepAlive: true, maxFreeSockets, timeout: idleMs })
    this.#connect = connect
  }

  override createConnection(options: object, callback?: (error: Error | null, stream: Duplex) => void): Duplex | undefined {
    const signal = (options as { signal?: AbortSignal }).signal ?? new AbortController().signal
    this.#connect(signal).then(
      socket => callback?.(null, socket),
      (error: unknown) => callback?.(error as Error, undefined as never),
    )
    return undefined
  }

  /** Closes what lies idle; calls under way end by themselves. */
  retire(): void {
    for (const sockets of Object.values(this.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
  }
}
