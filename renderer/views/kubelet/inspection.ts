/** What the kubelet answers at /debug/inspect, as this room reads it. */
export interface WorkerState {
  /** name_namespace(uid) */
  readonly pod: string
  readonly phase: string
  readonly failures: Readonly<Record<string, unknown>>
  readonly lastError: string | null
  readonly sandboxes: readonly { readonly id: string; readonly attempt: number; readonly isReady: boolean }[]
  readonly containers: readonly { readonly id: string; readonly name: string; readonly state: string; readonly restartCount: number; readonly exitCode: number | null }[]
}

export interface ProbeState {
  readonly pod: string
  readonly container: string
  readonly kind: string
  readonly verdict: string
  readonly run: number
}

export interface CriCall {
  readonly call: string
  readonly startedAtMs: number
  readonly durationMs: number
  readonly error: string | null
}

export interface NodeState {
  readonly problem: string | null
  readonly node: {
    readonly capacity?: Readonly<Record<string, string>>
    readonly allocatable?: Readonly<Record<string, string>>
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[]
  } | null
}
