/** What a controller manager answers at /debug/inspect, as this room reads it. */
export interface ReconcileRecord {
  readonly key: string
  readonly causes: readonly string[]
  readonly at: string
  readonly durationMs: number
  readonly outcome: string
}

export interface ControllerState {
  readonly name: string
  readonly paused: boolean
  readonly depth: number
  readonly waiting: readonly { readonly key: string; readonly forMs: number; readonly causes: readonly string[] }[]
  readonly active: readonly { readonly key: string; readonly forMs: number }[]
  readonly later: readonly { readonly key: string; readonly inMs: number; readonly cause: string }[]
  readonly last: readonly ReconcileRecord[]
  /** Of those that it reconciles, the first that are in its cache. */
  readonly objects: { readonly kind: string; readonly count: number; readonly first: readonly string[] }
  /** Whether it can be asked what it would do. */
  readonly tellsNext: boolean
}

export interface Comparison {
  /** Such as availablePods; see the texts. */
  readonly what: string
  readonly of?: string
  readonly bound: 'exact' | 'most' | 'least'
  /** Empty: none. "*": any. */
  readonly desired: string
  readonly actual: string
  readonly met: boolean
}

export interface FieldChange {
  readonly path: string
  readonly from?: unknown
  readonly to?: unknown
}

export interface RehearsedWrite {
  readonly verb: 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'
  readonly kind: string
  readonly namespace: string | null
  readonly name: string
  readonly subresource: string | null
  readonly changes: readonly FieldChange[]
}

/** What one loop would do with one object now. */
export interface Intention {
  readonly key: string
  readonly exists: boolean
  readonly comparisons: readonly Comparison[]
  readonly next: {
    readonly writes: readonly RehearsedWrite[]
    readonly events: readonly { readonly type: string; readonly reason: string; readonly message: string }[]
    readonly outcome: string
    readonly awaits: { readonly creates: number; readonly deletes: number } | null
  }
}

/** Some loops keep no queue and tell something of their own. */
export function isQueued(state: unknown): state is ControllerState {
  return typeof state === 'object' && state !== null && 'depth' in state && 'last' in state && 'objects' in state
}
