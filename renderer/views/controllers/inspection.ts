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
}

/** Some loops keep no queue and tell something of their own. */
export function isQueued(state: unknown): state is ControllerState {
  return typeof state === 'object' && state !== null && 'depth' in state && 'last' in state
}
