/**
 * The store behind encryption: what is put is sealed, what is read is opened; everybody above sees plain bytes.
 *
 *   EN1  The resource of a key decides; keys of no resource (leases of the servers) stay as they are.
 *   EN2  A value that cannot be opened is handed up closed, with why: whoever needs it fails, by the name of its key; nobody
 *        else does. When the configuration is read anew the same read succeeds.
 *   EN3  Without a configuration nothing is copied; only an encrypted value is noticed.
 */
import { KeyPlaces } from '../registry/key-places.ts'
import { ValueNotReadableError } from '../storage/storage.ts'
import type { RangeOptions, RangePage, Storage, StoreChange, StoredValue, StoreWatch, WriteResult } from '../storage/storage.ts'
import type { EncryptionConfig } from './encryption-config.ts'
import { plainValues } from './value-transformer.ts'
import type { ValueTransformer } from './value-transformer.ts'

export class EncryptedStorage implements Storage {
  readonly #inner: Storage
  readonly #places = new KeyPlaces()
  readonly #known = new Map<string, ValueTransformer>()
  #config: EncryptionConfig | undefined

  constructor(inner: Storage, config?: EncryptionConfig) {
    this.#inner = inner
    this.#config = config
  }

  use(config: EncryptionConfig): void {
    this.#config = config
    this.#known.clear()
  }

  async get(key: string): Promise<{ value: StoredValue | undefined; revision: number }> {
    const { value, revision } = await this.#inner.get(key)
    return { value: value === undefined ? undefined : this.#opened(value), revision }
  }

  async range(prefix: string, options?: RangeOptions): Promise<RangePage> {
    const page = await this.#inner.range(prefix, options)
    return { ...page, values: page.values.map(value => this.#opened(value)) }
  }

  async put(key: string, value: Uint8Array, expectedRevision: number, timeToLiveSeconds?: number): Promise<WriteResult> {
    return this.#openedResult(await this.#inner.put(key, this.#transformerOf(key).seal(value, key), expectedRevision, timeToLiveSeconds))
  }

  async remove(key: string, expectedRevision: number): Promise<WriteResult> {
    return this.#openedResult(await this.#inner.remove(key, expectedRevision))
  }

  currentRevision(): Promise<number> {
    return this.#inner.currentRevision()
  }

  watch(prefix: string, afterRevision: number, watch: StoreWatch): Disposable {
    return this.#inner.watch(prefix, afterRevision, {
      onChanges: (changes, revision) => {
        watch.onChanges(changes.map(change => this.#openedChange(change)), revision)
      },
      onEnd: reason => {
        watch.onEnd(reason)
      },
    })
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision)
  }

  ready(): Promise<void> {
    return this.#inner.ready()
  }

  #opened(stored: StoredValue): StoredValue {
    try {
      const { value, isStale } = this.#transformerOf(stored.key).open(stored.value, stored.key)
      if (value === stored.value && !isStale) return stored // EN3
      return { ...stored, value, ...(isStale ? { isStale } : {}) }
    } catch (error) {
      if (error instanceof ValueNotReadableError) return { ...stored, problem: error } // EN2
      throw error
    }
  }

  #openedChange(change: StoreChange): StoreChange {
    if (change.value === undefined) return change
    const { value, problem } = this.#opened({ key: change.key, value: change.value, revision: change.revision })
    return value === change.value && problem === undefined ? change : { ...change, value, ...(problem === undefined ? {} : { problem }) }
  }

  #openedResult(result: WriteResult): WriteResult {
    return result.ok || result.current === undefined ? result : { ok: false, current: this.#opened(result.current) }
  }

  #transformerOf(key: string): ValueTransformer {
    const place = this.#config === undefined ? undefined : this.#places.of(key)
    if (place === undefined) return plainValues // EN1
    let transformer = this.#known.get(place.prefix)
    if (transformer === undefined) this.#known.set(place.prefix, (transformer = this.#config!.transformerOf(place.group, place.resource)))
    return transformer
  }
}
