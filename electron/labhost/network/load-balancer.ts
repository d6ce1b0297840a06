/**
 * A load balancer on an address of the desktop. How a backend is reached is handed in.
 *
 *   NB1  Each port listens on one address, for TCP (tcp-door.ts) or UDP (datagram-door.ts); a port that cannot be opened is
 *        reported, and the others work. One number may be had for both.
 *   NB2  A client goes to a healthy backend (backend-health.ts). One that cannot be reached is passed over for the next.
 *   NB3  Backends are asked every two seconds, by GET with a limit of two seconds; 200 is healthy. That holds for UDP too:
 *        a datagram that is not answered says nothing.
 *   NB4  `change` keeps what stays: open ports, clients, health of backends that stay. Connections to a backend that was
 *        taken out go on until they end; datagrams are for another at once.
 *   NB5  A client outside the source ranges is not served.
 *   NB6  `close` ends listeners, probes and clients.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../agents/base/clock.ts'
import { sleep } from '../../../agents/base/clock.ts'
import type { Log } from '../../../agents/base/log.ts'
import { type BackendHealth, Rotation, afterAnswer, unknownHealth } from './backend-health.ts'
import { type Door, type DoorBehind, isInRanges, listenProblem } from './balancer-door.ts'
import { type DatagramDoorOptions, openDatagramDoor } from './datagram-door.ts'
import { probeHttp } from './http-probe.ts'
import { type TcpDoorOptions, openTcpDoor } from './tcp-door.ts'

const probeEveryMs = 2_000
/** Of one UDP port. */
const sessionLimit = 1_024

export type BalancedProtocol = 'TCP' | 'UDP'

export interface BalancedPort {
  readonly protocol: BalancedProtocol
  readonly port: number
  /** Port of the backends. */
  readonly targetPort: number
}

export interface Balance {
  readonly ports: readonly BalancedPort[]
  readonly backends: readonly string[]
  readonly health: { readonly port: number; readonly path: string }
  readonly affinityMs: number | null
  /** CIDRs; empty lets everyone in. */
  readonly sourceRanges: readonly string[]
}

export interface LoadBalancerOptions {
  readonly address: string
  readonly dial: TcpDoorOptions['dial']
  readonly dialDatagrams: DatagramDoorOptions['dialDatagrams']
  /** A connection to a port of the node itself. */
  readonly dialHealth: (backend: string, port: number, signal: AbortSignal) => Promise<Duplex>
  readonly clock: Clock
  readonly log: Log
}

export interface PortProblem {
  readonly protocol: BalancedProtocol
  readonly port: number
  readonly reason: string
}

interface Backend {
  health: BackendHealth
  connections: number
  readonly leaving: AbortController
}

const doorKey = ({ protocol, port }: Pick<BalancedPort, 'protocol' | 'port'>): string => `${port}/${protocol}`

export class LoadBalancer {
  readonly address: string
  readonly #options: LoadBalancerOptions
  readonly #doors = new Map<string, Door>()
  /** Doors that take no new clients while some are still served. */
  readonly #closing = new Set<Door>()
  readonly #problems = new Map<string, PortProblem>()
  readonly #backends = new Map<string, Backend>()
  #balance: Balance = { ports: [], backends: [], health: { port: 0, path: '/' }, affinityMs: null, sourceRanges: [] }
  #rotation = new Rotation(null)

  constructor(options: LoadBalancerOptions) {
    this.address = options.address
    this.#options = options
  }

  get problems(): readonly PortProblem[] {
    return [...this.#problems.values()]
  }

  get backends(): readonly { readonly name: string; readonly healthy: boolean; readonly detail: string; readonly connections: number }[] {
    return [...this.#backends].map(([name, { health, connections }]) => ({ name, healthy: health.healthy, detail: health.detail, connections }))
  }

  /** NB4. Ports that could not be opened before are tried again. */
  async change(balance: Balance): Promise<void> {
    const before = this.#balance
    this.#balance = balance
    if (before.affinityMs !== balance.affinityMs) this.#rotation = new Rotation(balance.affinityMs)
    const wanted = new Map(balance.ports.map(port => [doorKey(port), port]))
    for (const key of this.#doors.keys()) if (!wanted.has(key)) this.#closeDoor(key)
    for (const key of this.#problems.keys()) if (!wanted.has(key)) this.#problems.delete(key)
    await Promise.all([...wanted].filter(([key]) => !this.#doors.has(key)).map(([key, port]) => this.#openDoor(key, port)))
    this.#changeBackends(before, balance)
  }

  async close(): Promise<void> { // NB6
    for (const { leaving } of this.#backends.values()) leaving.abort(new Error('the load balancer was closed'))
    this.#backends.clear()
    const doors = [...this.#doors.values(), ...this.#closing]
    this.#doors.clear()
    this.#closing.clear()
    for (const door of doors) door.destroy()
    await Promise.all(doors.map(door => door.ended))
  }

  #changeBackends(before: Balance, { backends, health }: Balance): void {
    const isAskedElsewhere = before.health.port !== health.port || before.health.path !== health.path
    for (const [name, { leaving }] of this.#backends) {
      if (backends.includes(name) && !isAskedElsewhere) continue
      leaving.abort(new Error('the backend was taken out'))
      this.#backends.delete(name)
    }
    for (const name of backends) {
      if (this.#backends.has(name)) continue
      const backend: Backend = { health: unknownHealth, connections: 0, leaving: new AbortController() }
      this.#backends.set(name, backend)
      void this.#watch(name, backend)
    }
  }

  async #watch(name: string, backend: Backend): Promise<void> { // NB3
    const { signal } = backend.leaving
    const { dialHealth, clock, log } = this.#options
    while (!signal.aborted) {
      const { port, path } = this.#balance.health
      const failure = await probeHttp(limit => dialHealth(name, port, limit), { host: `${name}:${port}`, path, signal })
      if (signal.aborted) return
      const next = afterAnswer(backend.health, failure)
      if (next.healthy !== backend.health.healthy) log.info('backend changed', { address: this.address, backend: name, healthy: next.healthy, detail: next.detail })
      backend.health = next
      await sleep(clock, probeEveryMs, signal).catch(() => {})
    }
  }

  async #openDoor(key: string, { protocol, port }: BalancedPort): Promise<void> {
    const { clock, log, dial, dialDatagrams } = this.#options
    const options = { address: this.address, port, behind: this.#behind(key), clock, log }
    try {
      this.#doors.set(key, await (protocol === 'UDP' ? openDatagramDoor({ ...options, dialDatagrams, sessionLimit }) : openTcpDoor({ ...options, dial })))
      this.#problems.delete(key)
    } catch (error) {
      this.#problems.set(key, { protocol, port, reason: listenProblem(this.address, port, error as NodeJS.ErrnoException) }) // NB1
    }
  }

  #closeDoor(key: string): void {
    const door = this.#doors.get(key)!
    this.#doors.delete(key)
    this.#closing.add(door)
    door.close()
    void door.ended.then(() => this.#closing.delete(door))
  }

  #behind(key: string): DoorBehind {
    const { clock } = this.#options
    return {
      targetPort: () => this.#balance.ports.find(port => doorKey(port) === key)?.targetPort,
      lets: client => isInRanges(this.#balance.sourceRanges, client), // NB5
      order: client => this.#rotation.order([...this.#backends].filter(([, { health }]) => health.healthy).map(([name]) => name), client, clock.monotonic()), // NB2
      isHealthy: name => this.#backends.get(name)?.health.healthy === true,
      served: (client, name) => {
        this.#rotation.served(client, name, clock.monotonic())
        const backend = this.#backends.get(name)
        if (backend !== undefined) backend.connections++
        return () => { if (backend !== undefined) backend.connections-- }
      },
    }
  }
}
