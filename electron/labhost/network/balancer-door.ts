/** A port of a load balancer, whatever its protocol: what it may ask of the balancer behind it. */
import type { Clock } from '../../../agents/base/clock.ts'
import { cidrContains, readCidr } from '../../../agents/base/ip.ts'
import type { Log } from '../../../agents/base/log.ts'

export interface DoorBehind {
  /** Port of the backends; undefined for one that is being taken away. */
  targetPort(): number | undefined
  /** Whether the client may come in (CIDRs; none lets everyone in). */
  lets(client: string): boolean
  /** The order in which backends are tried for a client: healthy ones only. */
  order(client: string): readonly string[]
  isHealthy(backend: string): boolean
  /** A client was given to a backend: it counts there until what is returned is called. */
  served(client: string, backend: string): () => void
}

export interface DoorOptions {
  readonly address: string
  readonly port: number
  readonly behind: DoorBehind
  readonly clock: Clock
  readonly log: Log
}

export interface Door {
  /** Takes no new clients; those of TCP that are served may stay. */
  close(): void
  /** Ends every client too. */
  destroy(): void
  /** Settles when it was closed and the last client is gone. */
  readonly ended: Promise<void>
}

export function isInRanges(ranges: readonly string[], client: string): boolean {
  return ranges.length === 0 || ranges.some(range => cidrContains(readCidr(range)!, client))
}

/** Why a port could not be opened, and what to do about it. */
export function listenProblem(address: string, port: number, error: NodeJS.ErrnoException): string {
  if (error.code === 'EADDRINUSE') return `${address}:${port} is already used by another program; free it, or give the Service another port`
  if (error.code === 'EACCES') return `ports below 1024 need more rights on this machine; give the Service a port from 1024 on, or allow it with: sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`
  return `${address}:${port} could not be opened: ${error.message}`
}
