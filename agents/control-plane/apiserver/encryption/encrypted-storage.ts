/**
 * The store behind encryption: what is put is sealed, what is read is opened; everybody above sees plain bytes.
 *
 *   EN1  The resource of a key decides; keys of no resource (leases of the servers) stay as they are.
 *   EN2  A value that cannot be opened fails the read by the name of its key, and ends a watch before it, so that nothing
 *        is ever missing silently; when the configuration is read anew the same read succeeds.
 *   EN3  Without a configuration nothing is copied; only an encrypted value is noticed.
 */
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import { KeyPlaces } from '../registry/key-places.ts'
import type { RangeOptions, RangePage, Storage, StoredValue, StoreWatch, WriteResult } from '../storage/storage.ts'
import type { EncryptionConfig } from './encryption-config.ts'
import { plainValues } from './value-transformer.ts'
import type { ValueTransformer } from './value-transformer.ts'

export class EncryptedStorage implements Storage {
  readonly #inner: Storage
  readonly #log: Log
  readonly #places = new KeyPlaces()
  readonly #known = new Map<string, ValueTransformer>()
  #config: EncryptionConfig | undefined

  constructor(inner: Storage, log: Log, config?: EncryptionConfig) {
    this.#inner = inner
    this.#log = log
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
    let isOver = false
    const inner = this.#inner.watch(prefix, afterRevision, {
      onChanges: (changes, revision) => {
        if (isOver) return
        let opened
        try {
          opened = changes.map(change => (change.value === undefined ? change : { ...change, value: this.#transformerOf(change.key).open(change.value, change.key).value }))
        } catch (error) { // EN2
          isOver = true
          inner[Symbol.dispose]()
          this.#log.error('stored value cannot be decrypted', { error: errorText(error) })
          watch.onEnd('lost')
          return
        }
        watch.onChanges(opened, revision)
      },
      onEnd: reason => {
        if (!isOver) watch.onEnd(reason)
      },
    })
    return inner
  }

  compact(revision: number): Promise<void> {
    return this.#inner.compact(revision)
  }

  ready(): Promise<void> {
    return this.#inner.ready()
  }

  #opened(stored: StoredValue): StoredValue {
    const { value, isStale } = this.#transformerOf(stored.key).open(stored.value, stored.key)
    if (value === stored.value && !isStale) return stored // EN3
    return { ...stored, value, ...(isStale ? { isStale } : {}) }
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
