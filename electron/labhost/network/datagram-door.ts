/**
 * A UDP port of a load balancer. A client is an address and a port; what it sends goes over a session of its own, so that
 * answers come back to it and to nobody else.
 *
 *   DD1  A session keeps its backend while that is healthy; then, and when its line was lost, the next datagram chooses again.
 *   DD2  Without an answer a session is forgotten after 30 s of silence, with one after 120 s: what Linux gives UDP flows.
 *   DD3  At most `sessionLimit` sessions; one more takes the place of the one that was silent longest.
 *   DD4  Datagrams of clients that may not come in are dropped; so are those for which no backend can be reached, and those
 *        beyond `waitingLimit` that wait for a line.
 *   DD5  Closing the door ends its sessions.
 */
import { createSocket, type Socket } from 'node:dgram'
import { sleep } from '../../../agents/base/clock.ts'
import { errorText } from '../../../agents/base/log.ts'
import type { Door, DoorOptions } from './balancer-door.ts'
import type { DatagramListener, DatagramSession } from './datagram-line.ts'

export const silenceMs = { unanswered: 30_000, answered: 120_000 } as const
const lookEveryMs = 5_000
const waitingLimit = 64

export interface DatagramDoorOptions extends DoorOptions {
  /** A session whose datagrams enter the backend's node from outside. */
  readonly dialDatagrams: (backend: string, port: number, listener: DatagramListener, signal: AbortSignal) => Promise<DatagramSession>
  readonly sessionLimit: number
}

/** Rejects with the system's error when the port cannot be had. */
export function openDatagramDoor(options: DatagramDoorOptions): Promise<Door> {
  const socket = createSocket('udp4')
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address: options.address, port: options.port, exclusive: true }, () => {
      socket.off('error', reject)
      resolve(new DatagramDoor(socket, options))
    })
  })
}

interface Client {
  readonly host: string
  readonly port: number
  readonly ending: AbortController
  backend: string | undefined
  session: DatagramSession | undefined
  release: () => void
  readonly waiting: Uint8Array[]
  heardAt: number
  wasAnswered: boolean
}

class DatagramDoor implements Door {
  readonly #socket: Socket
  readonly #options: DatagramDoorOptions
  /** By address and port, the one that was silent longest first. */
  readonly #clients = new Map<string, Client>()
  readonly #ending = new AbortController()
  readonly ended: Promise<void>

  constructor(socket: Socket, options: DatagramDoorOptions) {
    this.#socket = socket
    this.#options = options
    this.ended = new Promise(resolve => { socket.once('close', resolve) })
    socket.on('message', (payload, { address, port }) => { this.#take(address, port, payload) })
    socket.on('error', error => { options.log.debug('datagram port had an error', { address: options.address, port: options.port, error: errorText(error) }) })
    void this.#forgetSilent().catch(() => {})
  }

  close(): void { // DD5
    if (this.#ending.signal.aborted) return
    this.#ending.abort(new Error('the port was closed'))
    for (const key of this.#clients.keys()) this.#forget(key)
    this.#socket.close()
  }

  destroy(): void {
    this.close()
  }

  #take(host: string, port: number, payload: Uint8Array): void {
    const { behind, clock, sessionLimit } = this.#options
    if (!behind.lets(host)) return // DD4
    const key = `${host}:${port}`
    let client = this.#clients.get(key)
    if (client?.backend !== undefined && !behind.isHealthy(client.backend)) { // DD1
      this.#forget(key)
      client = undefined
    }
    if (client === undefined && this.#clients.size >= sessionLimit) this.#forget(this.#clients.keys().next().value!) // DD3
    client ??= { host, port, ending: new AbortController(), backend: undefined, session: undefined, release: () => {}, waiting: [], heardAt: 0, wasAnswered: false }
    this.#clients.delete(key)
    this.#clients.set(key, client)
    client.heardAt = clock.monotonic()
    if (client.session !== undefined) client.session.send(payload)
    else if (client.waiting.length < waitingLimit) client.waiting.push(payload)
    if (client.session === undefined && client.waiting.length === 1) void this.#connect(key, client)
  }

  async #connect(key: string, client: Client): Promise<void> {
    const { address, port, behind, dialDatagrams, log } = this.#options
    const { signal } = client.ending
    const target = behind.targetPort()
    const listener: DatagramListener = {
      onAnswer: payload => {
        client.wasAnswered = true
        client.heardAt = this.#options.clock.monotonic()
        this.#socket.send(payload, client.port, client.host, () => {}) // a client that went away is none of ours
      },
      onEnd: reason => {
        log.debug('datagram session ended', { address, port, backend: client.backend, reason })
        if (this.#clients.get(key) === client) this.#forget(key)
      },
    }
    for (const name of target === undefined ? [] : behind.order(client.host)) {
      try {
        const session = await dialDatagrams(name, target!, listener, signal)
        if (signal.aborted) {
          session.close()
          return
        }
        client.backend = name
        client.session = session
        client.release = behind.served(client.host, name)
        for (const payload of client.waiting.splice(0)) session.send(payload)
        return
      } catch (error) {
        if (signal.aborted) return
        log.debug('backend passed over', { address, port, backend: name, error: errorText(error) })
      }
    }
    this.#forget(key) // DD4
  }

  #forget(key: string): void {
    const client = this.#clients.get(key)
    this.#clients.delete(key)
    client?.ending.abort(new Error('the session ended'))
    client?.session?.close()
    client?.release()
  }

  async #forgetSilent(): Promise<void> { // DD2
    const { clock } = this.#options
    for (;;) {
      await sleep(clock, lookEveryMs, this.#ending.signal)
      const now = clock.monotonic()
      for (const [key, { heardAt, wasAnswered }] of this.#clients) if (now - heardAt >= (wasAnswered ? silenceMs.answered : silenceMs.unanswered)) this.#forget(key)
    }
  }
}
