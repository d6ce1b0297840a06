/** What the kubelet answers at /debug/inspect/runtime: CRI's own lists. 64-bit numbers may come as text. */
export interface RuntimeReport {
  readonly version: { readonly runtimeName: string; readonly runtimeVersion: string }
  readonly containers: readonly {
    readonly id: string
    readonly metadata?: { readonly name: string; readonly attempt?: number }
    readonly image?: { readonly image: string; readonly userSpecifiedImage?: string }
    readonly state: string
    readonly createdAt: number | string
    readonly labels?: Readonly<Record<string, string>>
  }[]
  readonly images: readonly { readonly id: string; readonly repoTags: readonly string[]; readonly size: number | string }[]
}

export interface CriCall {
  readonly call: string
  readonly startedAtMs: number
  readonly durationMs: number
  readonly error: string | null
}
