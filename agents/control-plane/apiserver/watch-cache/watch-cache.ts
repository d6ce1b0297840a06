/**
 * One stream of changes from the store feeds the caches of every resource, so there is one revision for all of them.
 *
 *   WC1  `revision` never runs ahead of what the caches hold: it moves after the change has been applied.
 *   WC2  A consistent read asks the store for its revision and waits until the caches have reached it. Readers that
 *        arrive while a question is on its way share the next one.
 *   WC3  A broken stream is taken up again after the last revision seen; only when that was compacted is everything
 *        read anew, and every watcher ends with 410.
 *   WC5  A start reads the store as it was some revisions ago and follows from there, so that watches that were open when
 *        the last process died resume without a gap instead of with 410.
 *   WC6  A resource that is read anew loses no change meanwhile: what came after the reading is applied to it.
 *   WC7  What this process writes is not decoded when it comes back: the bytes tell it from what others write.
 *   WC8  Values that cannot be read are named in the log once, and read again after growing pauses: a key of encryption may
 *        be given back, after which the store tells of no change.
 *   WC4  Keys under no known resource are kept aside, so that a resource defined later (a CRD) finds its objects.
 */
import { backoffMs } from '../../../base/backoff.ts'
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import type { OwnWrite } from './own-write.ts'
import { ResourceCache } from './resource-cache.ts'
import type { CachedObject, CacheEvent, CacheSpec } from './resource-cache.ts'
import { CompactedError } from '../storage/storage.ts'
import { decodeServed } from './stored-form.ts'
import type { Storage, StoreChange, StoredValue } from '../storage/storage.ts'

export interface WatchCacheOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly log: Log
}

interface Waiter {
  readonly revision: number
  readonly resolve: () => void
}

/** `object` is the event's, decoded when first asked for and not to be changed; its resourceVersion may be missing. */
export type ChangeListener = (event: CacheEvent, object: () => KubeObject) => void
export type LoadListener = (objects: readonly CachedObject[]) => void

const root = '/registry/'
const pageSize = 2_000
const maxOwnWrites = 5_000
/** WC5: about 40 s of a busy lab, a tenth of a second to read again. */
const historyRevisions = 2_000
const catchUpMs = 10_000
const mending = { firstMs: 1_000, maxMs: 10_000 }

export class WatchCache {
  readonly #options: WatchCacheOptions
  readonly #resources = new Map<string, ResourceCache>()
  readonly #listeners = new Map<ResourceCache, ChangeListener[]>()
  readonly #loadListeners: { readonly cache: ResourceCache; readonly listener: LoadListener }[] = []
  readonly #unclaimed = new Map<string, StoredValue>()
  /** Changes of resources that are just being read anew, by prefix. */
  readonly #heldBack = new Map<string, StoreChange[]>()
  readonly #waiters = new Set<Waiter>()
  /** What this process is writing and has not yet seen come back, by key. */
  readonly #ownWrites = new Map<string, OwnWrite>()
  #revision = 0
  #loaded = false
  #loads = 0
  #isMending = false
  #decodeErrors = new Map<ResourceCache, number>()
  #question: Promise<number> | undefined
  #nextQuestion: Promise<number> | undefined

  constructor(options: WatchCacheOptions) {
    this.#options = options
  }

  get revision(): number {
    return this.#revision
  }

  /** How many values of a resource could not be read since the start. */
  decodeErrorsOf(cache: ResourceCache): number {
    return this.#decodeErrors.get(cache) ?? 0
  }

  get isLoaded(): boolean {
    return this.#loaded
  }

  get resources(): Iterable<ResourceCache> {
    return this.#resources.values()
  }

  /** The cache of a resource; made at the first call. */
  resource(spec: CacheSpec): ResourceCache {
    const known = this.#resources.get(spec.prefix)
    if (known !== undefined) return known
    const cache = new ResourceCache(spec, this.#options.clock)
    this.#resources.set(spec.prefix, cache)
    const mine = [...this.#unclaimed.values()].filter(value => value.key.startsWith(spec.prefix)) // WC4
    for (const value of mine) this.#unclaimed.delete(value.key)
    cache.load(mine.map(value => ({ ...value, key: value.key.slice(spec.prefix.length) })), this.#revision)
    return cache
  }

  /** Forgets a resource whose definition has gone; its watchers end. */
  drop(cache: ResourceCache): void {
    this.#resources.delete(cache.spec.prefix)
    for (const watcher of [...cache.watchers]) (watcher.end ?? watcher.expire).call(watcher)
  }

  /** Reads a resource anew with other rules of reading; the cache before it stays of use until then, and then its watchers end (WC6). */
  async redefine(old: ResourceCache, spec: CacheSpec): Promise<ResourceCache> {
    const { prefix } = spec
    try {
      const { values, revision, heldBack } = await this.#readWithChanges(prefix)
      const cache = new ResourceCache(spec, this.#options.clock)
      cache.load(values.map(value => ({ ...value, key: value.key.slice(prefix.length) })), revision)
      for (const { key, value, revision: at, problem } of heldBack) cache.apply(key.slice(prefix.length), value, at, { problem })
      if (this.#resources.get(prefix) === old) this.#resources.set(prefix, cache)
      for (const watcher of [...old.watchers]) (watcher.end ?? watcher.expire).call(watcher)
      return cache
    } finally {
      this.#heldBack.delete(prefix)
    }
  }

  async #readWithChanges(prefix: string): Promise<{ values: StoredValue[]; revision: number; heldBack: readonly StoreChange[] }> {
    for (;;) {
      const loads = this.#loads
      const heldBack: StoreChange[] = []
      this.#heldBack.set(prefix, heldBack)
      const read = await this.#readAll(prefix)
      if (loads === this.#loads) return { ...read, heldBack } // else history was lost meanwhile, and with it some changes
    }
  }

  async #readAll(prefix: string): Promise<{ values: StoredValue[]; revision: number }> {
    const values: StoredValue[] = []
    let from = prefix
    let revision: number | undefined
    for (;;) {
      const page = await this.#options.storage.range(prefix, { from, limit: pageSize, ...(revision === undefined ? {} : { revision }) })
      revision ??= page.revision
      values.push(...page.values)
      if (!page.more || page.values.length === 0) return { values, revision }
      from = `${page.values.at(-1)!.key}\0`
    }
  }

  /** Tells of every change of a resource, after it is in the cache. */
  onChange(cache: ResourceCache, listener: ChangeListener): void {
    const listeners = this.#listeners.get(cache)
    if (listeners === undefined) this.#listeners.set(cache, [listener])
    else listeners.push(listener)
  }

  /** An object that is about to be stored; its event, which may come before the store's answer, need not be decoded. */
  expectOwnWrite(key: string, write: OwnWrite): void {
    if (this.#ownWrites.size >= maxOwnWrites) this.#ownWrites.clear()
    this.#ownWrites.set(key, write)
  }

  /** It was not stored, as far as is known. */
  forgetOwnWrite(key: string): void {
    this.#ownWrites.delete(key)
  }

  /** Tells of the whole content whenever it has been read anew. */
  onLoad(cache: ResourceCache, listener: LoadListener): void {
    this.#loadListeners.push({ cache, listener })
  }

  /** Reads everything, then follows until the signal aborts. Resolves when the first reading is done. */
  async start(signal: AbortSignal): Promise<void> {
    let latest: number
    for (let failures = 1; ; failures++) {
      try {
        latest = await this.#loadWithHistory(signal)
        break
      } catch (error) {
        signal.throwIfAborted()
        this.#options.log.warn('store cannot be read yet', { error: errorText(error) })
        await sleep(this.#options.clock, backoffMs({ firstMs: 50, maxMs: 2_000 }, failures), signal)
      }
    }
    void this.#follow(signal)
    signal.addEventListener('abort', () => { this.#isMending = true }, { once: true })
    await this.waitFor(latest, catchUpMs)
  }

  /** Resolves once the caches hold everything up to the revision; false when that took longer than timeoutMs. */
  async waitFor(revision: number, timeoutMs: number): Promise<boolean> {
    if (this.#revision >= revision) return true
    return await new Promise<boolean>(resolve => {
      const timer = this.#options.clock.after(timeoutMs, () => {
        this.#waiters.delete(waiter)
        resolve(false)
      })
      const waiter: Waiter = {
        revision,
        resolve: () => {
          timer[Symbol.dispose]()
          resolve(true)
        },
      }
      this.#waiters.add(waiter)
    })
  }

  /** The store's latest revision as of now, not of an earlier question (WC2). */
  latestRevision(): Promise<number> {
    if (this.#question === undefined) {
      this.#question = this.#ask()
      return this.#question
    }
    this.#nextQuestion ??= this.#question.then(
      () => this.#ask(),
      () => this.#ask(),
    )
    return this.#nextQuestion
  }

  async #ask(): Promise<number> {
    const asked = this.#options.storage.currentRevision()
    this.#question = asked
    this.#nextQuestion = undefined
    try {
      return await asked
    } finally {
      if (this.#question === asked) this.#question = undefined
    }
  }

  /** WC5. Returns the store's present revision. */
  async #loadWithHistory(signal: AbortSignal): Promise<number> {
    const latest = await this.#options.storage.currentRevision()
    try {
      if (latest > 1) await this.#load(signal, Math.max(1, latest - historyRevisions))
      else await this.#load(signal)
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error
      await this.#load(signal)
    }
    return latest
  }

  async #load(signal: AbortSignal, atRevision?: number): Promise<void> {
    const values = new Map<ResourceCache, StoredValue[]>([...this.#resources.values()].map(cache => [cache, []]))
    this.#unclaimed.clear()
    let from = root
    let revision = atRevision
    for (;;) {
      signal.throwIfAborted()
      const page = await this.#options.storage.range(root, { from, limit: pageSize, ...(revision === undefined ? {} : { revision }) })
      revision ??= page.revision
      for (const value of page.values) {
        const cache = this.#cacheOf(value.key)
        if (cache === undefined) this.#unclaimed.set(value.key, value)
        else values.get(cache)!.push({ ...value, key: value.key.slice(cache.spec.prefix.length) })
      }
      if (!page.more || page.values.length === 0) break
      from = `${page.values.at(-1)!.key}\0`
    }
    this.#revision = revision
    for (const [cache, loaded] of values) cache.load(loaded, revision)
    for (const cache of values.keys()) for (const key of cache.unreadable.keys()) this.#noteUnreadable(cache, key, signal)
    for (const { cache, listener } of this.#loadListeners) listener(cache.list())
    this.#loaded = true
    this.#loads += 1
    this.#wake()
  }

  async #follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      const started = this.#options.clock.monotonic()
      const reason = await this.#watchOnce(signal)
      if (signal.aborted) return
      failures = this.#options.clock.monotonic() - started > 10_000 ? 1 : failures + 1
      this.#options.log.warn('store watch ended', { reason, revision: this.#revision })
      try {
        if (reason === 'compacted') await this.#load(signal) // WC3
        else await sleep(this.#options.clock, backoffMs({ firstMs: 20, maxMs: 2_000 }, failures), signal)
      } catch (error) {
        if (!signal.aborted) this.#options.log.error('store could not be read', { error: errorText(error) })
        await sleep(this.#options.clock, 500, signal).catch(() => {})
      }
    }
  }

  #watchOnce(signal: AbortSignal): Promise<'compacted' | 'lost'> {
    return new Promise(resolve => {
      const watch = this.#options.storage.watch('', this.#revision, {
        onChanges: (changes, revision) => {
          this.#apply(changes, revision, signal)
        },
        onEnd: reason => {
          signal.removeEventListener('abort', stop)
          resolve(reason)
        },
      })
      const stop = () => {
        watch[Symbol.dispose]()
        resolve('lost')
      }
      signal.addEventListener('abort', stop, { once: true })
    })
  }

  #apply(changes: readonly StoreChange[], revision: number, signal: AbortSignal): void {
    for (const change of changes) {
      if (change.revision <= this.#revision) continue
      const cache = this.#cacheOf(change.key)
      if (cache === undefined) {
        if (change.value === undefined) this.#unclaimed.delete(change.key)
        else if (change.key.startsWith(root)) this.#unclaimed.set(change.key, { key: change.key, value: change.value, revision: change.revision, ...(change.problem === undefined ? {} : { problem: change.problem }) })
        continue
      }
      this.#heldBack.get(cache.spec.prefix)?.push(change)
      const own = this.#takeOwnWrite(change)
      const key = change.key.slice(cache.spec.prefix.length)
      const event = cache.apply(key, change.value, change.revision, { own, problem: change.problem })
      if (event === undefined) {
        if (cache.unreadable.has(key)) this.#noteUnreadable(cache, key, signal)
        continue
      }
      this.#tell(cache, event, event.deleted || cache.spec.read !== undefined ? undefined : own?.object)
    }
    if (revision > this.#revision) this.#revision = revision // WC1
    this.#wake()
  }

  #tell(cache: ResourceCache, event: CacheEvent, known?: KubeObject): void {
    let decoded = known
    const object = () => (decoded ??= decodeServed(event.object.bytes))
    for (const listener of this.#listeners.get(cache) ?? []) listener(event, object)
  }

  /** WC8 */
  #noteUnreadable(cache: ResourceCache, key: string, signal: AbortSignal): void {
    this.#decodeErrors.set(cache, this.decodeErrorsOf(cache) + 1)
    this.#options.log.error('stored value cannot be read: reads of its resource fail until it is mended or deleted', { key: cache.spec.prefix + key, error: cache.unreadable.get(key)!.problem.message })
    if (this.#isMending) return
    this.#isMending = true
    void this.#mend(signal).finally(() => { this.#isMending = signal.aborted })
  }

  /** Ends when nothing is left that cannot be read. */
  async #mend(signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      await sleep(this.#options.clock, backoffMs(mending, failures), signal).catch(() => {})
      const left = [...this.#resources.values()].flatMap(cache => [...cache.unreadable].map(([key, { revision }]) => ({ cache, key, revision })))
      if (left.length === 0 || signal.aborted) return
      for (const { cache, key, revision } of left) {
        const stored = await this.#options.storage.get(cache.spec.prefix + key).catch(() => undefined)
        if (stored?.value === undefined || stored.value.problem !== undefined || stored.value.revision !== revision || cache.unreadable.get(key)?.revision !== revision) continue // a change is on its way, or nothing has changed
        const event = cache.mend(key, stored.value)
        if (event === undefined) continue
        this.#options.log.info('stored value can be read again', { key: cache.spec.prefix + key })
        this.#tell(cache, event)
      }
    }
  }

  /** WC7 */
  #takeOwnWrite({ key, value }: StoreChange): OwnWrite | undefined {
    const own = this.#ownWrites.get(key)
    if (own === undefined || value === undefined || Buffer.compare(own.value, value) !== 0) return undefined
    this.#ownWrites.delete(key)
    return own
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      if (waiter.revision > this.#revision) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  /** "/registry/pods/a/b" belongs to "/registry/pods/"; services and custom resources have one segment more. */
  #cacheOf(key: string): ResourceCache | undefined {
    const second = key.indexOf('/', root.length)
    if (second < 0) return undefined
    const short = this.#resources.get(key.slice(0, second + 1))
    if (short !== undefined) return short
    const third = key.indexOf('/', second + 1)
    return third < 0 ? undefined : this.#resources.get(key.slice(0, third + 1))
  }
}
