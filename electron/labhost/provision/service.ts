/** A program that a machine keeps running. */
export interface Service {
  /** kubelet, kube-proxy, overlay, … : lower-case letters, digits and dashes. */
  readonly name: string
  readonly description: string
  readonly command: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** Services that are started before it; they need not be ready. */
  readonly after?: readonly string[]
  /** Started again after this long when it ends, however it ends. */
  readonly restartDelayMs?: number
  /** A change of any file whose path begins with one of these restarts the service. */
  readonly restartOn?: readonly string[]
  /** What it starts lives on when it is stopped (container runtimes' shims, kubelet's mounts). */
  readonly keepsChildren?: boolean
}

/** In the order a service lives through them. */
export type ServiceState = 'absent' | 'stopped' | 'starting' | 'running' | 'failed'

export interface ServiceStatus {
  readonly name: string
  readonly state: ServiceState
  readonly pid: number | null
  /** How often it was started again since the machine started. */
  readonly restarts: number
  /** RFC 3339, by the machine's clock. */
  readonly startedAt: string | null
}
