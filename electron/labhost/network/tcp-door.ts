/**
 * A TCP port of a load balancer.
 *
 *   TD1  A client is accepted first and dialled for then. A backend that cannot be reached is passed over for the next; when
 *        none is left the connection is reset.
 *   TD2  A client that may not come in is reset.
 *   TD3  Connections outlive the door's closing, until they end or `destroy` ends them.
 */
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { errorText } from '../../../agents/base/log.ts'
import type { Door, DoorOptions } from './balancer-door.ts'
import { joinStreams } from './join-streams.ts'

export interface TcpDoorOptions extends DoorOptions {
  /** A connection that enters the backend's node from outside. */
  readonly dial: (backend: string, port: number, signal: AbortSignal) => Promise<Duplex>
}

/** Rejects with the system's error when the port cannot be had. */
export function openTcpDoor(options: TcpDoorOptions): Promise<Door> {
  const door = new TcpDoor(options)
  return door.listen().then(() => door)
}

class TcpDoor implements Door {
  readonly #options: TcpDoorOptions
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  readonly ended: Promise<void>

  constructor(options: TcpDoorOptions) {
    this.#options = options
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, client => { this.#serve(client) })
    this.ended = new Promise(resolve => { this.#server.once('close', resolve) })
  }

  listen(): Promise<void> {
    const { address, port } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen({ host: address, port, exclusive: true }, () => { resolve() })
    })
  }

  close(): void { // TD3
    if (this.#server.listening) this.#server.close()
  }

  destroy(): void {
    this.close()
    for (const client of this.#clients) client.destroy()
  }

  #serve(client: Socket): void {
    this.#clients.add(client)
    client.on('close', () => this.#clients.delete(client))
    client.on('error', () => { client.destroy() })
    const from = client.remoteAddress ?? ''
    if (this.#options.behind.lets(from)) void this.#connect(client, from)
    else client.resetAndDestroy() // TD2
  }

  async #connect(client: Socket, from: string): Promise<void> {
    const gaveUp = new AbortController()
    const onClosed = (): void => { gaveUp.abort(new Error('the client went away')) }
    client.on('close', onClosed)
    const { address, port, behind, dial, log } = this.#options
    const target = behind.targetPort()
    for (const name of target === undefined ? [] : behind.order(from)) {
      if (client.destroyed) return
      try {
        const far = await dial(name, target!, gaveUp.signal)
        client.off('close', onClosed)
        if (client.destroyed) {
          far.destroy()
          return
        }
        joinStreams(client, far, behind.served(from, name))
        return
      } catch (error) {
        log.debug('backend passed over', { address, port, backend: name, error: errorText(error) })
      }
    }
    client.resetAndDestroy() // TD1
  }
}
