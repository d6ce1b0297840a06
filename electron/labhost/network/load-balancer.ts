/**
 * A load balancer for TCP on an address of the desktop. How a backend is reached is handed in.
 *
 *   NB1  Each port listens on one address; a port that cannot be opened is reported, and the others work.
 *   NB2  A connection goes to a healthy backend (backend-health.ts). One that cannot be reached is passed over for the next;
 *        when none is left the connection is reset.
 *   NB3  Backends are asked every two seconds, by GET with a limit of two seconds; 200 is healthy.
 *   NB4  `change` keeps what stays: open ports, connections, health of backends that stay. Connections to a backend that was
 *        taken out go on until they end.
 *   NB5  A client outside the source ranges is reset.
 *   NB6  `close` ends listeners, probes and connections.
 */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../../agents/base/clock.ts'
import { sleep } from '../../../agents/base/clock.ts'
import { cidrContains, readCidr } from '../../../agents/base/ip.ts'
import { errorText, type Log } from '../../../agents/base/log.ts'
import { type BackendHealth, Rotation, afterAnswer, unknownHealth } from './backend-health.ts'
import { probeHttp } from './http-probe.ts'
import { joinStreams } from './join-streams.ts'

const probeEveryMs = 2_000

export interface BalancedPort {
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
  /** A connection that enters the backend's node from outside. */
  readonly dial: (backend: string, port: number, signal: AbortSignal) => Promise<Duplex>
  /** A connection to a port of the node itself. */
  readonly dialHealth: (backend: string, port: number, signal: AbortSignal) => Promise<Duplex>
  readonly clock: Clock
  readonly log: Log
}

export interface PortProblem {
  readonly port: number
  readonly reason: string
}

interface Backend {
  health: BackendHealth
  connections: number
  readonly leaving: AbortController
}

export class TcpLoadBalancer {
  readonly address: string
  readonly #options: LoadBalancerOptions
  readonly #listeners = new Map<number, Server>()
  readonly #problems = new Map<number, string>()
  readonly #backends = new Map<string, Backend>()
  readonly #clients = new Set<Socket>()
  #balance: Balance = { ports: [], backends: [], health: { port: 0, path: '/' }, affinityMs: null, sourceRanges: [] }
  #rotation = new Rotation(null)

  constructor(options: LoadBalancerOptions) {
    this.address = options.address
    this.#options = options
  }

  get problems(): readonly PortProblem[] {
    return [...this.#problems].map(([port, reason]) => ({ port, reason }))
  }

  get backends(): readonly { readonly name: string; readonly healthy: boolean; readonly detail: string; readonly connections: number }[] {
    return [...this.#backends].map(([name, { health, connections }]) => ({ name, healthy: health.healthy, detail: health.detail, connections }))
  }

  /** NB4. Ports that could not be opened before are tried again. */
  async change(balance: Balance): Promise<void> {
    const before = this.#balance
    this.#balance = balance
    if (before.affinityMs !== balance.affinityMs) this.#rotation = new Rotation(balance.affinityMs)
    const wanted = new Set(balance.ports.map(({ port }) => port))
    await Promise.all([...this.#listeners.keys()].filter(port => !wanted.has(port)).map(port => this.#closePort(port)))
    for (const port of this.#problems.keys()) if (!wanted.has(port)) this.#problems.delete(port)
    await Promise.all([...wanted].filter(port => !this.#listeners.has(port)).map(port => this.#openPort(port)))
    this.#changeBackends(before, balance)
  }

  async close(): Promise<void> { // NB6
    for (const { leaving } of this.#backends.values()) leaving.abort(new Error('the load balancer was closed'))
    this.#backends.clear()
    for (const client of this.#clients) client.destroy()
    await Promise.all([...this.#listeners.keys()].map(port => this.#closePort(port)))
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

  #openPort(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, client => { this.#serve(client, port) })
    return new Promise(resolve => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        this.#problems.set(port, listenProblem(this.address, port, error)) // NB1
        resolve()
      })
      server.listen({ host: this.address, port, exclusive: true }, () => {
        this.#problems.delete(port)
        this.#listeners.set((server.address() as AddressInfo).port, server)
        resolve()
      })
    })
  }

  #closePort(port: number): Promise<void> {
    const server = this.#listeners.get(port)
    this.#listeners.delete(port)
    return new Promise(resolve => {
      if (server === undefined) resolve()
      else server.close(() => { resolve() })
    })
  }

  #serve(client: Socket, port: number): void {
    this.#clients.add(client)
    client.on('close', () => this.#clients.delete(client))
    client.on('error', () => { client.destroy() })
    const { sourceRanges } = this.#balance
    const from = client.remoteAddress ?? ''
    if (sourceRanges.length > 0 && !sourceRanges.some(range => cidrContains(readCidr(range)!, from))) { // NB5
      client.resetAndDestroy()
      return
    }
    void this.#connect(client, from, port)
  }

  async #connect(client: Socket, from: string, port: number): Promise<void> {
    const gaveUp = new AbortController()
    const onClosed = (): void => { gaveUp.abort(new Error('the client went away')) }
    client.on('close', onClosed)
    const { clock, dial, log } = this.#options
    const target = this.#balance.ports.find(one => one.port === port)
    const healthy = [...this.#backends].filter(([, { health }]) => health.healthy).map(([name]) => name)
    for (const name of target === undefined ? [] : this.#rotation.order(healthy, from, clock.monotonic())) {
      if (client.destroyed) return
      try {
        const far = await dial(name, target!.targetPort, gaveUp.signal)
        client.off('close', onClosed)
        if (client.destroyed) {
          far.destroy()
          return
        }
        this.#rotation.served(from, name, clock.monotonic())
        const backend = this.#backends.get(name)
        if (backend !== undefined) backend.connections++
        joinStreams(client, far, () => {
          if (backend !== undefined) backend.connections--
        })
        return
      } catch (error) {
        log.debug('backend passed over', { address: this.address, port, backend: name, error: errorText(error) })
      }
    }
    client.resetAndDestroy() // NB2
  }
}

function listenProblem(address: string, port: number, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `${address}:${port} is already used by another program; free it, or give the Service another port`
  if (error.code === 'EACCES') return `ports below 1024 need more rights on this machine; give the Service a port from 1024 on, or allow it with: sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`
  return `${address}:${port} could not be opened: ${error.message}`
}
