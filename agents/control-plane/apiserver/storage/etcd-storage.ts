/**
 * Storage on an etcd v3 service. Values with a time to live share leases, as upstream does: one lease serves for a
 * twentieth of its life or for a thousand keys.
 *
 *   ES1  A write is one transaction: compare the key's mod revision, else read what is there.
 *   ES2  An unknown outcome (connection lost half-way) is settled by reading: ours if the bytes are ours.
 *   ES3  A lease that has gone by the time it is used is replaced once.
 *   ES4  A range never starts before its prefix, whatever key it is told to go on from.
 */
import type { Clock } from '../../../base/clock.ts'
import type { EtcdClient, KeyValue, Operation, TxnResult } from '../../../wire/etcd/client.ts'
import { isCompacted, isFutureRevision, isOutcomeUnknown } from '../../../wire/etcd/etcd-error.ts'
import { prefixEnd, prefixRange } from '../../../wire/etcd/key-range.ts'
import { CompactedError, FutureRevisionError, StoreUnavailableError } from './storage.ts'
import type { RangeOptions, RangePage, Storage, StoreChange, StoredValue, StoreWatch, WriteResult } from './storage.ts'

interface SharedLease {
  readonly id: bigint
  readonly usableUntilMs: number
  keys: number
}

const probeKey = '/registry/health'
const maxKeysPerLease = 1_000

export class EtcdStorage implements Storage {
  readonly #client: EtcdClient
  readonly #clock: Clock
  readonly #leases = new Map<number, Promise<SharedLease>>()

  constructor(client: EtcdClient, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async get(key: string): Promise<{ value: StoredValue | undefined; revision: number }> {
    const { kvs, revision } = await this.#client.range({ key }).catch(unavailable)
    return { value: kvs[0] === undefined ? undefined : storedValue(kvs[0]), revision: Number(revision) }
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangePage> {
    const end = prefix === '' ? '\0' : prefixEnd(prefix)
    const first = prefix === '' ? '\0' : prefix
    const key = options.from === undefined || options.from < first ? first : options.from // ES4
    try {
      const found = await this.#client.range({
        key,
        end,
        ...(options.limit === undefined ? {} : { limit: options.limit }),
        ...(options.revision === undefined ? {} : { revision: BigInt(options.revision) }),
      })
      return { values: found.kvs.map(storedValue), revision: Number(found.revision), more: found.more, count: found.count }
    } catch (error) {
      if (isCompacted(error)) throw new CompactedError(0)
      if (isFutureRevision(error)) throw new FutureRevisionError(0)
      return unavailable(error)
    }
  }

  async put(key: string, value: Uint8Array, expectedRevision: number, timeToLiveSeconds?: number): Promise<WriteResult> {
    const write = async () => {
      const lease = timeToLiveSeconds === undefined ? undefined : await this.#lease(timeToLiveSeconds)
      return await this.#write(key, expectedRevision, { kind: 'put', key, value, ...(lease === undefined ? {} : { lease: lease.id }) })
    }
    try {
      return await write()
    } catch (error) {
      if (isOutcomeUnknown(error)) return await this.#settled(key, value, error) // ES2
      if (timeToLiveSeconds === undefined || !(error instanceof Error && error.message.includes('lease not found'))) throw error
      this.#leases.delete(timeToLiveSeconds) // ES3
      return await write()
    }
  }

  async remove(key: string, expectedRevision: number): Promise<WriteResult> {
    return await this.#write(key, expectedRevision, { kind: 'delete', key }).catch(unavailable)
  }

  async currentRevision(): Promise<number> {
    const { revision } = await this.#client.range({ key: probeKey, countOnly: true }).catch(unavailable)
    return Number(revision)
  }

  watch(prefix: string, afterRevision: number, watch: StoreWatch): Disposable {
    const stream = this.#client.watch({ ...prefixRange(prefix), startRevision: BigInt(afterRevision + 1), progressNotify: true })
    let isOver = false
    const follow = async () => {
      try {
        for await (const batch of stream) {
          if (isOver) return
          if (batch.kind === 'events') watch.onChanges(batch.events.map(({ type, kv }) => storeChange(type, kv)), Number(batch.revision))
          else if (batch.kind === 'progress') watch.onChanges([], Number(batch.revision))
        }
        if (!isOver) watch.onEnd('lost')
      } catch (error) {
        if (!isOver) watch.onEnd(isCompacted(error) ? 'compacted' : 'lost')
      }
    }
    void follow()
    return {
      [Symbol.dispose]: () => {
        isOver = true
        stream.cancel()
      },
    }
  }

  async compact(revision: number): Promise<void> {
    await this.#client.compact(BigInt(revision))
  }

  async ready(): Promise<void> {
    await this.#client.range({ key: probeKey, limit: 1 }, { timeoutMs: 2_000 })
  }

  async #write(key: string, expectedRevision: number, operation: Operation): Promise<WriteResult> {
    const result: TxnResult = await this.#client.txn({
      compare: [{ key, target: 'mod', result: '=', operand: BigInt(expectedRevision) }],
      success: [operation],
      failure: [{ kind: 'range', key }],
    })
    if (result.succeeded) return { ok: true, revision: Number(result.revision) }
    const [found] = result.results
    const kv = found?.kind === 'range' ? found.kvs[0] : undefined
    return { ok: false, current: kv === undefined ? undefined : storedValue(kv) }
  }

  async #settled(key: string, value: Uint8Array, cause: unknown): Promise<WriteResult> {
    const { value: current } = await this.get(key)
    if (current !== undefined && Buffer.compare(current.value, value) === 0) return { ok: true, revision: current.revision }
    return unavailable(cause)
  }

  async #lease(timeToLiveSeconds: number): Promise<SharedLease> {
    const known = this.#leases.get(timeToLiveSeconds)
    if (known !== undefined) {
      const lease = await known
      if (lease.keys < maxKeysPerLease && lease.usableUntilMs > this.#clock.monotonic()) {
        lease.keys += 1
        return lease
      }
    }
    if (this.#leases.get(timeToLiveSeconds) === known) {
      // The lease lives a little longer than its keys must, so that keys attached late live their full time.
      const shareSeconds = Math.max(1, Math.round(timeToLiveSeconds * 0.05))
      const granted = this.#client
        .leaseGrant(timeToLiveSeconds + shareSeconds)
        .then(({ id }) => ({ id, usableUntilMs: this.#clock.monotonic() + shareSeconds * 1000, keys: 0 }))
      granted.catch(() => this.#leases.delete(timeToLiveSeconds))
      this.#leases.set(timeToLiveSeconds, granted)
    }
    const lease = await this.#leases.get(timeToLiveSeconds)!
    lease.keys += 1
    return lease
  }
}

function unavailable(error: unknown): never {
  throw isOutcomeUnknown(error) ? new StoreUnavailableError(error) : error
}

function storedValue(kv: KeyValue): StoredValue {
  return { key: kv.key, value: kv.value, revision: Number(kv.modRevision) }
}

function storeChange(type: 'put' | 'delete', kv: KeyValue): StoreChange {
  return type === 'put' ? { key: kv.key, revision: Number(kv.modRevision), value: kv.value } : { key: kv.key, revision: Number(kv.modRevision) }
}
