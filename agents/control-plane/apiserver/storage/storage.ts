/**
 * The narrow waist between the API server and whatever keeps its bytes. Keys are etcd keys ("/registry/pods/default/a"),
 * values are opaque bytes, and one revision counts every change of the whole store.
 *
 *   ST1  A write succeeds only if the key is still at the revision its writer saw; otherwise it reports what is there.
 *   ST2  Revisions grow by every successful write, over all keys; a value knows the revision that wrote it.
 *   ST3  A watch delivers every change after its start revision, in order, each revision whole, none twice.
 *   ST4  Reads at an old revision see exactly the store as it was then, or fail with 'compacted'.
 *   ST5  A value written with a time to live disappears after it, as a deletion with its own revision.
 *   ST6  A range stays inside its prefix, whatever key it goes on from.
 */
export interface StoredValue {
  readonly key: string
  readonly value: Uint8Array
  readonly revision: number
  /** Stored in a form that is no longer written: with an older key, or not encrypted although it should be. */
  readonly isStale?: boolean
  /** Why `value`, as it lies in the store, cannot be read: it fails whoever asks for this key, and nobody else. */
  readonly problem?: ValueNotReadableError
}

export type WriteResult = { readonly ok: true; readonly revision: number } | { readonly ok: false; readonly current: StoredValue | undefined }

export interface RangePage {
  readonly values: readonly StoredValue[]
  readonly revision: number
  readonly more: boolean
  /** How many keys lie in the whole range. */
  readonly count: number
}

export interface RangeOptions {
  /** First key of the range, included; by default the prefix itself. */
  readonly from?: string
  readonly limit?: number
  readonly revision?: number
}

export interface StoreChange {
  readonly key: string
  readonly revision: number
  /** Absent when the key was deleted. */
  readonly value?: Uint8Array
  readonly problem?: ValueNotReadableError
}

export interface StoreWatch {
  /** Changes of one or more whole revisions, or none when only progress is told. */
  onChanges(changes: readonly StoreChange[], revision: number): void
  /** The watch is over: 'compacted' means that history was lost and the watcher must read anew. */
  onEnd(reason: 'compacted' | 'lost'): void
}

export interface Storage {
  get(key: string): Promise<{ value: StoredValue | undefined; revision: number }>
  range(prefix: string, options?: RangeOptions): Promise<RangePage>
  /** expectedRevision 0 means that the key must not exist. */
  put(key: string, value: Uint8Array, expectedRevision: number, timeToLiveSeconds?: number): Promise<WriteResult>
  remove(key: string, expectedRevision: number): Promise<WriteResult>
  /** The latest revision, agreed with the store's other members. */
  currentRevision(): Promise<number>
  /** Watches every key under the prefix from the revision after `afterRevision`. */
  watch(prefix: string, afterRevision: number, watch: StoreWatch): Disposable
  compact(revision: number): Promise<void>
  ready(): Promise<void>
}

/** A value that is in the store but cannot be opened or decoded. */
export class ValueNotReadableError extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'ValueNotReadableError'
  }
}

/** The store cannot be reached, or did not answer in time; what was asked may or may not have happened. */
export class StoreUnavailableError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'StoreUnavailableError'
  }
}

export class CompactedError extends Error {
  readonly oldest: number
  constructor(oldest: number) {
    super('the revision asked for has been compacted')
    this.name = 'CompactedError'
    this.oldest = oldest
  }
}

export class FutureRevisionError extends Error {
  readonly current: number
  constructor(current: number) {
    super('the revision asked for is in the future')
    this.name = 'FutureRevisionError'
    this.current = current
  }
}
