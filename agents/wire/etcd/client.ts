/**
 * What a component may ask of the store, whichever engine answers: the embedded one or real etcd.
 *
 * Keys are text (UTF-8 on the wire), values are bytes, revisions and lease ids are bigint. Every failure is an
 * EtcdError carrying the gRPC code and etcd's own message; nothing is retried here, because only the caller knows
 * whether its write may be repeated.
 *
 *   EC1  A write is durable when its promise resolves. A rejection with code Unavailable or DeadlineExceeded leaves
 *        the outcome unknown: the caller must read before it repeats.
 *   EC2  A read sees every write acknowledged before the read was sent (it is linearizable unless asked otherwise).
 *   EC3  A watch yields batches in revision order without gaps or repeats; all events of one revision are in one batch.
 *   EC4  A watch ends only by its signal (the loop ends quietly) or by throwing: WatchCompactedError when the start
 *        revision is gone, EtcdError when the connection or the store is lost. It never resumes by itself: the caller
 *        watches again from the last batch's revision + 1.
 *   EC5  A `progress` batch promises that every event up to its revision has been yielded before it.
 */
export type Revision = bigint
export type LeaseId = bigint

export interface CallOptions {
  /** Aborting ends the call with EtcdError code Cancelled. */
  readonly signal?: AbortSignal
  /** Default 10 000. */
  readonly timeoutMs?: number
}

/** One key when `end` is absent; otherwise [key, end) in byte order. `prefixRange` and `everythingFrom` make them. */
export interface KeyRange {
  readonly key: string
  readonly end?: string
}

export interface KeyValue {
  readonly key: string
  readonly value: Uint8Array
  readonly createRevision: Revision
  readonly modRevision: Revision
  /** 1 at creation, one more with each put, 0 in the event of a deletion. */
  readonly version: bigint
  /** 0n when no lease holds the key. */
  readonly lease: LeaseId
}

export type SortTarget = 'key' | 'version' | 'create' | 'mod' | 'value'

export interface RangeOptions extends KeyRange {
  /** 0 or absent: no limit. */
  readonly limit?: number
  /** Absent: the newest. */
  readonly revision?: Revision
  readonly sort?: { readonly target: SortTarget; readonly order: 'ascend' | 'descend' }
  readonly serializable?: boolean
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
  readonly minModRevision?: Revision
  readonly maxModRevision?: Revision
  readonly minCreateRevision?: Revision
  readonly maxCreateRevision?: Revision
}

export interface RangeResult {
  /** The store's revision when it answered, not the one asked for. */
  readonly revision: Revision
  readonly kvs: readonly KeyValue[]
  readonly more: boolean
  /** Keys in the range, whatever the limit. */
  readonly count: number
}

export interface PutOptions {
  readonly key: string
  readonly value?: Uint8Array
  readonly lease?: LeaseId
  readonly prevKv?: boolean
  readonly ignoreValue?: boolean
  readonly ignoreLease?: boolean
}

export interface PutResult {
  readonly revision: Revision
  readonly prevKv?: KeyValue
}

export interface DeleteOptions extends KeyRange {
  readonly prevKv?: boolean
}

export interface DeleteResult {
  readonly revision: Revision
  readonly deleted: number
  readonly prevKvs: readonly KeyValue[]
}

export type CompareResult = '=' | '!=' | '>' | '<'

export type Compare = KeyRange & { readonly result: CompareResult } & (
    | { readonly target: 'version' | 'create' | 'mod' | 'lease'; readonly operand: bigint }
    | { readonly target: 'value'; readonly operand: Uint8Array }
  )

export type Operation =
  | ({ readonly kind: 'range' } & RangeOptions)
  | ({ readonly kind: 'put' } & PutOptions)
  | ({ readonly kind: 'delete' } & DeleteOptions)
  | ({ readonly kind: 'txn' } & TxnOptions)

export type OperationResult =
  | ({ readonly kind: 'range' } & RangeResult)
  | ({ readonly kind: 'put' } & PutResult)
  | ({ readonly kind: 'delete' } & DeleteResult)
  | ({ readonly kind: 'txn' } & TxnResult)

export interface TxnOptions {
  readonly compare: readonly Compare[]
  readonly success: readonly Operation[]
  readonly failure?: readonly Operation[]
}

export interface TxnResult {
  readonly revision: Revision
  readonly succeeded: boolean
  readonly results: readonly OperationResult[]
}

export interface WatchEvent {
  readonly type: 'put' | 'delete'
  readonly kv: KeyValue
  /** Only when asked for, and only if the key existed before. */
  readonly prevKv?: KeyValue
}

export type WatchBatch =
  /** Comes first, once: the watch is in place; `revision` is the store's. */
  | { readonly kind: 'created'; readonly revision: Revision }
  /** Whole revisions only; `revision` is the last event's. */
  | { readonly kind: 'events'; readonly revision: Revision; readonly events: readonly WatchEvent[] }
  | { readonly kind: 'progress'; readonly revision: Revision }

export interface WatchOptions extends KeyRange {
  /** First revision wanted; absent: what comes after the watch is created. */
  readonly startRevision?: Revision
  readonly prevKv?: boolean
  /** Asks for a progress batch now and then (10 minutes in etcd) when nothing happens. */
  readonly progressNotify?: boolean
  readonly filters?: readonly ('noput' | 'nodelete')[]
  readonly signal?: AbortSignal
}

export interface Watch extends AsyncIterable<WatchBatch> {
  /** Asks for a `progress` batch as soon as the watch has caught up. */
  requestProgress(): void
  cancel(): void
}

export interface LeaseStatus {
  readonly id: LeaseId
  /** Seconds left; -1 when the lease does not exist. */
  readonly ttl: number
  readonly grantedTtl: number
  readonly keys: readonly string[]
}

export interface StoreStatus {
  readonly revision: Revision
  readonly version: string
  readonly memberId: bigint
  readonly dbSizeBytes: number
  readonly dbSizeInUseBytes: number
}

export interface EtcdClient extends AsyncDisposable {
  range(options: RangeOptions, call?: CallOptions): Promise<RangeResult>
  put(options: PutOptions, call?: CallOptions): Promise<PutResult>
  delete(options: DeleteOptions, call?: CallOptions): Promise<DeleteResult>
  txn(options: TxnOptions, call?: CallOptions): Promise<TxnResult>
  /** Forgets history before `revision`; `physical` waits until the space is free. */
  compact(revision: Revision, options?: CallOptions & { physical?: boolean }): Promise<void>
  watch(options: WatchOptions): Watch
  leaseGrant(ttlSeconds: number, options?: CallOptions & { id?: LeaseId }): Promise<{ id: LeaseId; ttl: number }>
  /** Renews once; resolves with the new TTL in seconds, 0 when the lease is gone. */
  leaseKeepAlive(id: LeaseId, call?: CallOptions): Promise<number>
  leaseRevoke(id: LeaseId, call?: CallOptions): Promise<void>
  leaseTimeToLive(id: LeaseId, options?: CallOptions & { keys?: boolean }): Promise<LeaseStatus>
  status(call?: CallOptions): Promise<StoreStatus>
  /** Ends every watch and call with EtcdError code Cancelled. */
  close(): Promise<void>
}
