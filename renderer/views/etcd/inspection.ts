/** What the store answers at /debug/inspect, as this room reads it. Revisions are text: they are larger than a number may be. */
export interface KeyTree {
  readonly prefix: string
  /** Next part of the key -> keys below it. */
  readonly below: Readonly<Record<string, number>>
  readonly keys: readonly { readonly key: string; readonly modRevision: string; readonly version: number }[]
  readonly more: boolean
}

export interface KeyVersion {
  readonly revision: string
  readonly change: 'created' | 'updated' | 'deleted'
  readonly version: number
  readonly lease: string
  readonly valueBytes: number
  /** Paths of the fields it changed; null where that cannot be told. */
  readonly changed: readonly string[] | null
}

export type StoredValue =
  | { readonly form: 'json'; readonly object: unknown }
  | { readonly form: 'encrypted'; readonly by: string }
  | { readonly form: 'bytes'; readonly base64: string }

/** As etcdctl endpoint status tells of them. */
export interface Member {
  readonly id: string
  readonly isLeader: boolean
  readonly raftTerm: string
  readonly raftIndex: string
}

export interface Revisions {
  readonly current: string
  readonly compacted: string
  readonly rememberedChanges: number
  readonly liveKeys: number
  readonly totalBytes: number
  readonly usedBytes: number
  readonly quotaBytes: number
  readonly alarm: string
  readonly requests: Readonly<Record<string, number>>
  readonly commits: { readonly batches: number; readonly entries: number; readonly entriesPerFlush: number }
}

export interface WatchStream {
  readonly congested: boolean
  readonly watchers: readonly { readonly id: string; readonly from: string; readonly to?: string; readonly next: string; readonly lagging: boolean }[]
}

export interface Lease {
  readonly id: string
  readonly ttlSeconds: number
  readonly remainingMs: number
  readonly keys: readonly string[]
}
