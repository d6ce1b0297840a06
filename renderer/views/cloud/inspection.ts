/** What cloud-controller-manager answers at /debug/inspect of its cloud, as this room reads it. */
export interface Instance {
  readonly name: string
  readonly providerId: string
  readonly instanceType: string
  readonly zone: string
  readonly addresses: readonly { readonly type: string; readonly address: string }[]
  readonly state: string
}

export interface Route {
  readonly name: string
  readonly node: string
  readonly destination: string
}

export interface LoadBalancer {
  readonly name: string
  readonly service: string
  readonly address: string
  readonly ports: readonly { readonly port: number; readonly nodePort: number; readonly protocol: string }[]
  readonly backends: readonly { readonly node: string; readonly healthy: boolean; readonly connections: number }[]
}

export interface Volume {
  readonly id: string
  readonly sizeBytes: number
  /** The machine that has it. */
  readonly node: string | null
}

export interface LoopState {
  readonly depth?: number
  /** Absent of loops that keep no queue. */
  readonly paused?: boolean
  readonly last?: readonly { readonly key: string; readonly outcome: string }[]
}
