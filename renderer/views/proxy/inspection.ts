/** What kube-proxy answers at /debug/inspect, as this room reads it. */
export interface ServicePort {
  /** namespace/service:port */
  readonly name: string
  readonly protocol: string
  readonly clusterIp: string
  readonly port: number
  readonly nodePort: number | null
  readonly endpoints: readonly { readonly ip: string; readonly port: number; readonly isLocal: boolean }[]
  readonly chains: { readonly service: string }
}

export interface CountedRule {
  readonly chain: string
  readonly packets: number
  readonly bytes: number
  readonly rule: string
  readonly target: string | null
}

export interface Sync {
  readonly at: string
  readonly durationMs: number
  readonly wasFull: boolean
  readonly lines: number
  readonly error: string | null
  readonly text: string
}
