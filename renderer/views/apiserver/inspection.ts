/** What kube-apiserver answers at /debug/inspect, as this room reads it. */
export interface RequestRecord {
  readonly auditId: string
  readonly user: string
  readonly impersonator?: string
  readonly verb: string
  readonly path: string
  readonly resource: string
  readonly namespace: string
  readonly name: string
  readonly userAgent: string
  readonly startedMs: number
  readonly durationMs: number
  readonly code: number
  readonly bytes: number
  readonly reason?: string
  readonly revision?: number
  /** When each stage was passed, in milliseconds after the beginning. */
  readonly stages: readonly { readonly name: string; readonly ms: number }[]
  readonly admission?: readonly { readonly plugin: string; readonly ms: number }[]
}

export interface Watcher {
  readonly resource: string
  readonly namespace: string
  readonly user: string
  readonly startedMs: number
  readonly revision: number
  /** Revisions since the last event it was sent; most of them concern other resources. */
  readonly behind: number
  readonly sentEvents: number
  readonly waitingBytes: number
}

export interface Caches {
  readonly revision: number
  readonly resources: readonly { readonly prefix: string; readonly objects: number; readonly window: number; readonly watchers: number }[]
}

export interface FlowControl {
  readonly seats: number
  readonly levels: readonly {
    readonly name: string
    readonly nominal: number
    readonly limit: number
    readonly seatsInUse: number
    readonly waiting: number
    readonly executing: number
    readonly flows: readonly { readonly schema: string; readonly waiting: number; readonly executing: number; readonly dispatched: number; readonly refused: Readonly<Record<string, number>> }[]
  }[]
}
