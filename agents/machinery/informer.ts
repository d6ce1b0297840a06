/**
 * Informer: keeps a copy of all objects of one type, by a list and then a watch that resumes where it broke.
 *
 *   IN1  A broken or ended watch resumes after the last resourceVersion seen (bookmarks count), without a list.
 *   IN2  410 Expired, or a resourceVersion the server does not know yet, means: list again. The difference between the
 *        list and the cache is told as changes, so no listener misses anything (but may see several changes as one).
 *   IN3  Failures back off from 0.1 s to 1 s with jitter; a success starts over. After 410 the list is asked for at once,
 *        but not more than twice in a row.
 *   IN4  The first list may be served from the server's cache (resourceVersion 0); later ones are never older than what
 *        was seen, and after a 410 they are the newest there is.
 *   IN5  A listener hears every object that is already there as `added` when it joins.
 *   IN7  While spans are recorded, an event of the watch is one, named by the object's revision, and what listeners do is
 *        done within it.
 *   IN8  A fault keeps events from the cache, for a while or for good; what was listed anew brings them back.
 *   IN6  managedFields are dropped: no reader needs them, and they are half of an object.
 */
import type { KubernetesObject, ResourceType } from '../api/resources.ts'
import { backoffMs } from '../base/backoff.ts'
import type { Clock } from '../base/clock.ts'
import { sleep } from '../base/clock.ts'
import { faultPoints } from '../base/fault-points.ts'
import type { Log } from '../base/log.ts'
import { errorText } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { objectAttributes, spans } from '../base/spans.ts'
import type { Cache } from './cache.ts'
import { IndexedCache } from './cache.ts'
import type { Client, WatchEvent } from './client.ts'
import { keyOf, keyText } from './object-key.ts'
import { hasCause, isExpired, isNotFound } from './status-error.ts'

export type Change<T> =
  | { readonly type: 'added'; readonly object: T; readonly previous?: undefined }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T; readonly previous?: undefined }

export interface InformerOptions<T extends KubernetesObject> {
  readonly client: Client
  readonly type: ResourceType<T>
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly metadataOnly?: boolean
  readonly clock: Clock
  readonly log: Log
  readonly random: Random
  /** Makes what is kept of an object smaller. May change its argument. */
  readonly transform?: (object: T) => T
}

/** What an informer is doing, for inspection. */
export interface InformerState {
  readonly type: string
  readonly phase: 'idle' | 'listing' | 'watching' | 'backing-off' | 'ended'
  readonly hasSynced: boolean
  readonly objects: number
  readonly resourceVersion: string
  readonly lists: number
  readonly watches: number
  readonly events: number
  readonly lastError: string | null
}

const eventFault = faultPoints.define({
  name: 'informer.event', help: 'A change that the API server tells this component. drop: it is never seen; hold and delay: the cache stays as it was.',
  attributes: ['resource', 'type', 'namespace', 'name'], effects: ['delay', 'hold', 'drop'],
})

const pageSize = 500
const retry = { firstMs: 100, maxMs: 1_000, jitter: 0.5 }

export class Informer<T extends KubernetesObject> {
  readonly #options: InformerOptions<T>
  readonly #cache = new IndexedCache<T>()
  readonly #listeners = new Set<(change: Change<T>) => void>()
  readonly #synced = Promise.withResolvers<void>()
  #hasSynced = false
  #resourceVersion = ''
  #phase: InformerState['phase'] = 'idle'
  #lists = 0
  #watches = 0
  #events = 0
  #lastError: string | null = null

  constructor(options: InformerOptions<T>) {
    this.#options = options
  }

  get type(): ResourceType<T> {
    return this.#options.type
  }

  get cache(): Cache<T> {
    return this.#cache
  }

  get hasSynced(): boolean {
    return this.#hasSynced
  }

  get state(): InformerState {
    const { group, resource } = this.#options.type
    return {
      type: group === '' ? resource : `${resource}.${group}`, phase: this.#phase, hasSynced: this.#hasSynced, objects: this.#cache.size,
      resourceVersion: this.#resourceVersion, lists: this.#lists, watches: this.#watches, events: this.#events, lastError: this.#lastError,
    }
  }

  onChange(listener: (change: Change<T>) => void): Disposable {
    for (const object of this.#cache.list()) listener({ type: 'added', object }) // IN5
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Resolves when the first list is in the cache; rejects with the signal's reason. */
  synced(signal: AbortSignal): Promise<void> {
    if (this.#hasSynced) return Promise.resolve()
    return new Promise((resolve, reject) => {
      if (signal.aborted) reject(signal.reason as Error)
      const onAbort = (): void => { reject(signal.reason as Error) }
      signal.addEventListener('abort', onAbort, { once: true })
      void this.#synced.promise.then(() => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
    })
  }

  /** Lists and watches until the signal aborts; then returns. Call it once. */
  async run(signal: AbortSignal): Promise<void> {
    let failures = 0
    let expiries = 0
    let mustList = true
    let listFrom: string = '0' // IN4
    while (!signal.aborted) {
      try {
        if (mustList) {
          this.#phase = 'listing'
          await this.#list(listFrom, signal)
          mustList = false
          failures = 0
        }
        this.#phase = 'watching'
        await this.#watch(signal, () => { failures = expiries = 0 })
      } catch (error) {
        if (signal.aborted) break
        this.#lastError = errorText(error)
        if (isExpired(error) || hasCause(error, 'ResourceVersionTooLarge')) { // IN2
          mustList = true
          listFrom = ''
          if (++expiries <= 2) continue
          failures = Math.max(failures + 1, expiries - 2)
        } else if (isNotFound(error)) {
          mustList = true // the type itself is gone, or not served yet
        } else {
          listFrom = this.#resourceVersion === '' ? '0' : this.#resourceVersion
          failures++
        }
        // A server that is away would fill the log with one line a type and second.
        if (failures === 2 || failures % 30 === 0) this.#options.log.warn('list or watch failed', { type: this.state.type, failures, error: errorText(error) })
        this.#phase = 'backing-off'
        await sleep(this.#options.clock, backoffMs(retry, Math.max(1, failures), this.#options.random), signal).catch(() => {}) // IN3
      }
    }
    this.#phase = 'ended'
  }

  async #list(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, type } = this.#options
    const scope = this.#scope
    const items: T[] = []
    let token: string | undefined
    let listedAt: string
    do {
      const page = await client.list(type, { ...scope, limit: pageSize, ...(token === undefined ? (resourceVersion === '' ? {} : { resourceVersion }) : { continue: token }) }, signal)
      items.push(...page.items)
      token = page.continue
      listedAt = page.resourceVersion
    } while (token !== undefined)
    this.#lists++
    this.#replace(items)
    this.#resourceVersion = listedAt
    if (!this.#hasSynced) {
      this.#hasSynced = true
      this.#synced.resolve()
    }
  }

  async #watch(signal: AbortSignal, onProgress: () => void): Promise<void> {
    const { client, type, random } = this.#options
    this.#watches++
    const startedAt = this.#options.clock.monotonic()
    let count = 0
    const events = client.watch(type, {
      ...this.#scope, resourceVersion: this.#resourceVersion, allowWatchBookmarks: true, timeoutSeconds: Math.round(300 * (1 + random.next())),
    }, signal)
    for await (const event of events) {
      if (signal.aborted) return
      if (eventFault.rules !== undefined && await this.#isMissed(event)) continue // IN8
      count++
      onProgress()
      this.#lastError = null
      this.#take(event)
    }
    // A server that ends each watch at once would otherwise be asked without pause.
    if (count === 0 && this.#options.clock.monotonic() - startedAt < 1_000) throw new Error('the watch ended at once without an event')
  }

  /** IN8 */
  async #isMissed({ type, object: { metadata } }: WatchEvent<T>): Promise<boolean> {
    const isMissed = (await eventFault.meet({ resource: this.type.resource, type, namespace: metadata.namespace, name: metadata.name }))?.effect === 'drop'
    if (isMissed) this.#resourceVersion = metadata.resourceVersion
    return isMissed
  }

  get #scope(): Pick<InformerOptions<T>, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'> {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options
    return {
      ...(namespace === undefined ? {} : { namespace }), ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }), ...(metadataOnly === undefined ? {} : { metadataOnly }),
    }
  }

  #take(event: WatchEvent<T>): void {
    this.#events++
    this.#resourceVersion = event.object.metadata.resourceVersion // IN1
    if (event.type === 'BOOKMARK') return
    if (spans.on) this.#takeWatched(event) // IN7
    else this.#apply(event)
  }

  #takeWatched(event: WatchEvent<T>): void {
    const span = spans.begin({ name: 'informer', parent: null, attributes: { ...objectAttributes(this.type, event.object.metadata), 'k8s.change': event.type } })
    spans.within(span.context, () => { this.#apply(event) })
    span.end()
  }

  #apply(event: WatchEvent<T>): void {
    const object = this.#kept(event.object)
    if (event.type === 'DELETED') {
      this.#cache.remove(keyText(keyOf(object)))
      this.#tell({ type: 'deleted', object })
      return
    }
    this.#put(object)
  }

  #replace(items: readonly T[]): void {
    const gone = new Set(this.#cache.keys())
    for (const item of items) {
      const object = this.#kept(item)
      const key = keyText(keyOf(object))
      gone.delete(key)
      if (this.#cache.get(keyOf(object))?.metadata.resourceVersion !== object.metadata.resourceVersion) this.#put(object)
    }
    for (const key of gone) {
      const object = this.#cache.remove(key)
      if (object !== undefined) this.#tell({ type: 'deleted', object })
    }
  }

  #put(object: T): void {
    const previous = this.#cache.put(object)
    if (previous === undefined) {
      this.#tell({ type: 'added', object })
    } else if (previous.metadata.uid === object.metadata.uid) {
      this.#tell({ type: 'updated', object, previous })
    } else { // deleted and made again while we were not looking
      this.#tell({ type: 'deleted', object: previous })
      this.#tell({ type: 'added', object })
    }
  }

  #kept(object: T): T {
    if (object.metadata.managedFields !== undefined) { // IN6: a copy, since an object that had something deleted from it is larger and slower to read
      const { managedFields: _, ...metadata } = object.metadata
      ;(object as { metadata: T['metadata'] }).metadata = metadata
    }
    return this.#options.transform?.(object) ?? object
  }

  #tell(change: Change<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(change)
      } catch (error) {
        this.#options.log.error('informer listener failed', { type: this.state.type, error })
      }
    }
  }
}
