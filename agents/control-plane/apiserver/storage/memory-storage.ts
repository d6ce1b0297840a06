import type { Clock } from '../../../base/clock.ts'
import { CompactedError, FutureRevisionError } from './storage.ts'
import type { RangeOptions, RangePage, Storage, StoreChange, StoredValue, StoreWatch, WriteResult } from './storage.ts'

interface Watching {
  readonly prefix: string
  readonly watch: StoreWatch
}

/** Storage without a disk: the same promises, for tests and as the model of the contract suite. */
export class MemoryStorage implements Storage {
  readonly #values = new Map<string, StoredValue>()
  readonly #changes: StoreChange[] = []
  readonly #watching = new Set<Watching>()
  readonly #clock: Clock
  #revision = 1
  #compacted = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async get(key: string): Promise<{ value: StoredValue | undefined; revision: number }> {
    return { value: this.#values.get(key), revision: this.#revision }
  }

  async range(prefix: string, options: RangeOptions = {}): Promise<RangePage> {
    if (options.revision !== undefined && options.revision > this.#revision) throw new FutureRevisionError(this.#revision)
    if (options.revision !== undefined && options.revision < this.#compacted) throw new CompactedError(this.#compacted)
    const values = options.revision === undefined ? this.#values : this.#valuesAt(options.revision)
    const inRange = [...values.values()]
      .filter(value => value.key.startsWith(prefix) && value.key >= (options.from ?? prefix))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
    const limited = options.limit === undefined || options.limit === 0 ? inRange : inRange.slice(0, options.limit)
    return { values: limited, revision: this.#revision, more: limited.length < inRange.length, count: inRange.length }
  }

  async put(key: string, value: Uint8Array, expectedRevision: number, timeToLiveSeconds?: number): Promise<WriteResult> {
    const current = this.#values.get(key)
    if ((current?.revision ?? 0) !== expectedRevision) return { ok: false, current }
    const revision = ++this.#revision
    this.#values.set(key, { key, value, revision })
    this.#tell({ key, revision, value })
    if (timeToLiveSeconds !== undefined) {
      this.#clock.after(timeToLiveSeconds * 1000, () => {
        if (this.#values.get(key)?.revision === revision) void this.remove(key, revision)
      })
    }
    return { ok: true, revision }
  }

  async remove(key: string, expectedRevision: number): Promise<WriteResult> {
    const current = this.#values.get(key)
    if (current === undefined || current.revision !== expectedRevision) return { ok: false, current }
    const revision = ++this.#revision
    this.#values.delete(key)
    this.#tell({ key, revision })
    return { ok: true, revision }
  }

  async currentRevision(): Promise<number> {
    return this.#revision
  }

  watch(prefix: string, afterRevision: number, watch: StoreWatch): Disposable {
    const watching: Watching = { prefix, watch }
    queueMicrotask(() => {
      if (afterRevision + 1 < this.#compacted) {
        watch.onEnd('compacted')
        return
      }
      const missed = this.#changes.filter(change => change.revision > afterRevision && change.key.startsWith(prefix))
      watch.onChanges(missed, this.#revision)
      this.#watching.add(watching)
    })
    return { [Symbol.dispose]: () => this.#watching.delete(watching) }
  }

  async compact(revision: number): Promise<void> {
    if (revision > this.#revision) throw new FutureRevisionError(this.#revision)
    this.#compacted = Math.max(this.#compacted, revision)
  }

  async ready(): Promise<void> {}

  #valuesAt(revision: number): Map<string, StoredValue> {
    const values = new Map<string, StoredValue>()
    for (const change of this.#changes) {
      if (change.revision > revision) break
      if (change.value === undefined) values.delete(change.key)
      else values.set(change.key, { key: change.key, value: change.value, revision: change.revision })
    }
    return values
  }

  #tell(change: StoreChange): void {
    this.#changes.push(change)
    for (const { prefix, watch } of this.#watching) watch.onChanges(change.key.startsWith(prefix) ? [change] : [], change.revision)
  }
}
