/**
 * The store: etcd's KV, Lease and Maintenance operations over a key space in memory and a log on disk.
 *
 * A write changes memory at once, so that the next request sees it, and is answered when the log has it. A read is
 * answered when everything it may have seen is durable. So an answer never speaks of anything a crash could take back.
 *
 *   ST1  Every answer waits until the revision it speaks of is durable (GC1); events too (WA4).
 *   ST2  Requests take effect one after another in the order they arrive: no read is older than an answered write.
 *   ST3  Revoking or expiring a lease deletes its keys in one revision, in the same batch as the lease itself.
 *   ST4  Above the quota the NOSPACE alarm rises: puts and lease grants are refused, deletes and compactions go on.
 *        The alarm stays, over restarts, until it is disarmed.
 *   ST5  Compaction is remembered before anything is forgotten; what a crash left unforgotten goes at the next start.
 *   ST6  When the log fails the store answers nothing more and `failed` resolves: the process must end.
 */
import type { Clock } from '../../base/clock.ts'
import { faultPoints } from '../../base/fault-points.ts'
import type { Random } from '../../base/random.ts'
import { spans } from '../../base/spans.ts'
import type {
  CompactionRequest,
  DeleteRangeRequest,
  DeleteRangeResponse,
  HeaderOnly,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
  TxnRequest,
  TxnResponse,
} from '../../wire/etcd/kv-messages.ts'
import { Lessor } from './lease/lessor.ts'
import { GroupCommit } from './log/group-commit.ts'
import type { Log, LogEntry } from './log/log.ts'
import { hashKv } from './mvcc/hash-kv.ts'
import { isTombstone, type Version } from './mvcc/key-history.ts'
import { KeySpace } from './mvcc/key-space.ts'
import { checkPutPossible, deleteRange, planTxn, put, putsOnPath, range, runTxn, writesOnPath, type StoreState } from './mvcc/operations.ts'
import { refused } from './mvcc/refusals.ts'
import { checkDeleteRange, checkPut, checkRange, checkTxn } from './mvcc/request-checks.ts'
import { Transaction } from './mvcc/transaction.ts'
import { ValueCache } from './mvcc/value-cache.ts'
import { WatchHub } from './watch/watch-hub.ts'

export interface StoreOptions {
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** Runs a callback soon, after the requests already at hand: setImmediate in the real process. */
  readonly soon: (callback: () => void) => void
  readonly maxTxnOps?: number
  readonly quotaBytes?: number
  readonly valueCacheBytes?: number
  readonly progressNotifyMs?: number
}

const spaceFault = faultPoints.define({ name: 'store.space', help: 'A write that needs space. drop: refused as if the quota were used up.', attributes: [], effects: ['drop'] })
const valueFault = faultPoints.define({ name: 'store.value', help: 'A value that is read, by its key (/registry/pods/default/web *). change: its first bytes are others.', attributes: ['key'], effects: ['change'] })

const defaults = { maxTxnOps: 128, quotaBytes: 2 * 1024 ** 3, valueCacheBytes: 16 * 1024 ** 2, progressNotifyMs: 600_000 }
/** Larger watch responses are cut where the watcher asked for it. Upstream: maxRequestBytes + grpcOverheadBytes. */
export const maxResponseBytes = 2 * 1024 * 1024
const leaseSweepMs = 500
/** Enough to hit what every value begins with. */
const corruptBytes = 8
const forgetBatch = 500

export class Store {
  readonly #options: StoreOptions & typeof defaults
  readonly #keys = new KeySpace()
  readonly #values: ValueCache
  readonly #lessor: Lessor
  readonly #commit: GroupCommit
  readonly #state: StoreState
  readonly #facts = new Map<string, string>()
  readonly #failed = Promise.withResolvers<Error>()
  readonly #timers: Disposable[] = []
  readonly watches: WatchHub
  readonly clusterId: bigint
  readonly memberId: bigint
  #noSpace: boolean
  #durableRevision: bigint
  #sizeBytes: number
  #forgetting: Promise<void> = Promise.resolve()
  #closed = false
  readonly counters = { ranges: 0, puts: 0, deletes: 0, txns: 0, compactions: 0, leasesExpired: 0 }

  constructor(options: StoreOptions) {
    this.#options = { ...defaults, ...options }
    const { log, clock, random, soon } = this.#options
    this.#values = new ValueCache(this.#options.valueCacheBytes, position => log.value(position))
    this.#lessor = new Lessor(clock, random)
    const leftovers = this.#replay(log)
    this.#commit = new GroupCommit({ log, soon, onDurable: () => { this.#onDurable() }, onFailure: error => { this.#failed.resolve(error) } })
    this.clusterId = this.#identity('cluster-id', random)
    this.memberId = this.#identity('member-id', random)
    this.#durableRevision = this.#keys.revision
    this.#sizeBytes = log.size().totalBytes
    this.#noSpace = this.#facts.get('alarm') === 'nospace'
    this.#state = { keys: this.#keys, lessor: this.#lessor, valueOf: version => this.valueOf(version), header: revision => this.header(revision) }
    this.watches = new WatchHub({ keys: this.#keys, valueOf: this.#state.valueOf, header: revision => this.header(revision), soon, maxResponseBytes })
    this.#forget(leftovers) // ST5
    this.#every(leaseSweepMs, () => { this.#expireLeases() })
    this.#every(this.#options.progressNotifyMs, () => { this.watches.tick() })
  }

  /** Resolves with the reason when the log can no longer be trusted (ST6). */
  get failed(): Promise<Error> {
    return this.#failed.promise
  }

  get keys(): KeySpace {
    return this.#keys
  }

  get leases(): Lessor {
    return this.#lessor
  }

  get commits(): GroupCommit['counters'] {
    return this.#commit.counters
  }

  get cachedBytes(): number {
    return this.#values.sizeBytes
  }

  header(revision = this.#keys.revision): ResponseHeader {
    return { clusterId: this.clusterId, memberId: this.memberId, revision, raftTerm: 2n }
  }

  range(request: RangeRequest): Promise<RangeResponse> | RangeResponse {
    this.counters.ranges++
    checkRange(request)
    return this.#answer(range(this.#state, request))
  }

  put(request: PutRequest): Promise<PutResponse> {
    this.counters.puts++
    checkPut(request)
    if (request.lease !== 0n && this.#lessor.get(request.lease) === undefined) throw refused('leaseNotFound')
    checkPutPossible(this.#state, request)
    this.#checkSpace()
    return this.#write(transaction => put(this.#state, request, transaction))
  }

  deleteRange(request: DeleteRangeRequest): Promise<DeleteRangeResponse> {
    this.counters.deletes++
    checkDeleteRange(request)
    return this.#write(transaction => deleteRange(this.#state, request, transaction))
  }

  txn(request: TxnRequest): Promise<TxnResponse> {
    this.counters.txns++
    checkTxn(request, this.#options.maxTxnOps)
    const path = planTxn(this.#state, request)
    if (putsOnPath(request, path)) this.#checkSpace()
    if (!writesOnPath(request, path)) return Promise.resolve(this.#answer(runTxn(this.#state, request, path, this.#transaction())))
    return this.#write(transaction => runTxn(this.#state, request, path, transaction))
  }

  async compact({ revision, physical }: CompactionRequest): Promise<HeaderOnly> {
    this.#checkCompactable(revision)
    await this.#settled() // watchers must have been told of everything that is about to go
    this.#checkCompactable(revision)
    this.counters.compactions++
    this.#commit.add([{ kind: 'fact', name: 'compacted', value: String(revision) }])
    const header = this.header()
    const dropped = this.#keys.compact(revision)
    await this.#commit.durable()
    this.#forget(dropped) // only now: ST5
    if (physical) await this.#forgetting
    return { header }
  }

  async leaseGrant(id: bigint, ttlSeconds: bigint): Promise<{ id: bigint; ttlSeconds: number }> {
    const lease = this.#lessor.plan(id, ttlSeconds)
    this.#checkSpace()
    this.#lessor.grant(lease.id, lease.ttlSeconds)
    this.#commit.add([{ kind: 'lease', ...lease }])
    await this.#commit.durable()
    return lease
  }

  async leaseRevoke(id: bigint): Promise<void> {
    const lease = this.#lessor.get(id)
    if (lease === undefined) throw refused('leaseNotFound')
    await this.#write(transaction => {
      for (const key of [...lease.keys].sort()) transaction.delete({ start: key, end: `${key}\0` })
      this.#lessor.remove(id)
      transaction.entries.push({ kind: 'lease-gone', id }) // ST3
    })
  }

  get hasNoSpace(): boolean {
    return this.#noSpace
  }

  async setNoSpace(raised: boolean): Promise<void> {
    if (raised !== this.#noSpace) {
      this.#noSpace = raised
      this.#commit.add([{ kind: 'fact', name: 'alarm', value: raised ? 'nospace' : '' }])
    }
    await this.#commit.durable()
  }

  async hashKv(revision: bigint): Promise<{ hash: number; revision: bigint; compacted: bigint }> {
    const upTo = revision === 0n ? this.#keys.revision : revision
    if (upTo > this.#keys.revision) throw refused('futureRevision')
    if (upTo < this.#keys.compacted) throw refused('compacted')
    const hash = hashKv(this.#keys, upTo, this.#state.valueOf)
    await this.#commit.durable()
    return { hash, revision: upTo, compacted: this.#keys.compacted }
  }

  /** Waits until everything that has happened so far is durable. */
  durable(): Promise<void> {
    return this.#commit.durable()
  }

  size(): ReturnType<Log['size']> {
    return this.#options.log.size()
  }

  get quotaBytes(): number {
    return this.#options.quotaBytes
  }

  async defragment(): Promise<void> {
    await this.#commit.durable()
    this.#options.log.defragment()
    this.#sizeBytes = this.#options.log.size().totalBytes
  }

  async snapshot(): ReturnType<Log['snapshot']> {
    await this.#commit.durable()
    return this.#options.log.snapshot()
  }

  valueOf(version: Version): Uint8Array {
    const value = this.#values.get(version.position)
    if (valueFault.rules === undefined || valueFault.find({ key: Buffer.from(version.key, 'latin1').toString('utf8') }) === undefined) return value
    return value.map((byte, index) => (index < corruptBytes ? byte ^ 0xff : byte))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    for (const timer of this.#timers) timer[Symbol.dispose]()
    await this.#commit.durable().catch(() => {})
    await this.#options.log.close()
  }

  #transaction(): Transaction {
    return new Transaction(this.#keys, this.#values, this.#lessor)
  }

  async #write<R>(change: (transaction: Transaction) => R): Promise<R> {
    if (this.#closed || this.#commit.failure !== undefined) throw refused('stopped')
    const transaction = this.#transaction()
    const startMs = spans.on ? spans.now() : 0
    const answer = change(transaction)
    if (transaction.hasChanges) this.#keys.advance(transaction.writeRevision)
    if (transaction.entries.length > 0) this.#enter(transaction)
    await this.#settled()
    if (spans.on) addWriteSpans(transaction, startMs)
    return answer
  }

  #enter({ entries, hasChanges, writeRevision }: Transaction): void {
    const last = entries.findLast(entry => entry.kind === 'version')
    this.#commit.add(entries, () => {
      if (last !== undefined) this.#values.written(last.version.position)
      if (hasChanges) this.#durableRevision = writeRevision
    })
  }

  #answer<R>(answer: R): R | Promise<R> {
    return this.#commit.isIdle && !this.#closed ? answer : this.#settled().then(() => answer)
  }

  async #settled(): Promise<void> {
    if (this.#closed) throw refused('stopped')
    await this.#commit.durable().catch(() => { throw refused('stopped') })
  }

  #checkCompactable(revision: bigint): void {
    if (revision <= this.#keys.compacted) throw refused('compacted')
    if (revision > this.#keys.revision) throw refused('futureRevision')
  }

  #checkSpace(): void {
    if (!this.#noSpace && this.#sizeBytes > this.#options.quotaBytes) void this.setNoSpace(true).catch(() => {}) // ST4
    if (this.#noSpace || (spaceFault.rules !== undefined && spaceFault.find({}) !== undefined)) throw refused('noSpace')
  }

  #onDurable(): void {
    this.#sizeBytes = this.#options.log.size().totalBytes
    this.watches.publish(this.#durableRevision)
  }

  #expireLeases(): void {
    if (this.#commit.failure !== undefined) return
    for (const lease of this.#lessor.expired()) {
      this.counters.leasesExpired++
      void this.leaseRevoke(lease.id).catch(() => {})
    }
  }

  /** Forgets versions a few at a time, so that a large compaction delays nobody. */
  #forget(versions: readonly Version[]): void {
    for (const version of versions) this.#values.drop(version.position)
    const positions = versions.map(version => version.position)
    this.#forgetting = this.#forgetting.then(async () => {
      for (let index = 0; index < positions.length && !this.#closed; index += forgetBatch) {
        this.#commit.add([{ kind: 'forget', positions: positions.slice(index, index + forgetBatch) }])
        await this.#commit.durable()
      }
    }).catch(() => {}) // the log's failure is reported by itself
  }

  #replay(log: Log): Version[] {
    const compacted = { revision: 0n }
    const keys = this.#keys
    let newest = 1n
    log.replay({
      fact: (name, value) => {
        this.#facts.set(name, value)
        if (name === 'compacted') compacted.revision = BigInt(value)
      },
      lease: (id, ttlSeconds) => { this.#lessor.grant(id, ttlSeconds) },
      version: version => {
        const before = keys.live(version.key)
        keys.add(version)
        this.#lessor.move(version.key, before?.lease ?? 0n, version.lease)
        newest = version.main > newest ? version.main : newest
      },
    })
    keys.advance(newest > compacted.revision ? newest : compacted.revision)
    return compacted.revision > 0n ? keys.compact(compacted.revision) : []
  }

  #identity(name: string, random: Random): bigint {
    const known = this.#facts.get(name)
    if (known !== undefined) return BigInt(known)
    const id = (BigInt(Math.floor(random.next() * 0xffff_ffff)) << 32n) | BigInt(Math.floor(random.next() * 0xffff_ffff) + 1)
    this.#commit.add([{ kind: 'fact', name, value: String(id) } satisfies LogEntry])
    return id
  }

  #every(periodMs: number, callback: () => void): void {
    const slot = this.#timers.length
    const arm = (): void => {
      this.#timers[slot] = this.#options.clock.after(periodMs, () => {
        callback()
        if (!this.#closed) arm()
      })
    }
    arm()
  }
}

/** From the change in memory until the log has it. */
function addWriteSpans({ entries }: Transaction, startMs: number): void {
  if (startMs === 0) return
  for (const entry of entries) {
    if (entry.kind !== 'version') continue
    const { version } = entry
    spans.add({ name: 'etcd write', startMs, parent: null, attributes: { 'store.key': Buffer.from(version.key, 'latin1').toString('utf8'), 'store.revision': Number(version.main), 'store.deleted': isTombstone(version) } })
  }
}
