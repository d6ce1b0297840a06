/**
 * GET of one object and of lists, answered from the watch cache at the revision the client may insist on.
 * Upstream: KEP-2340 (consistent reads), KEP-365 (chunking), apiserver/pkg/storage/cacher/delegator.go.
 *
 *   RD1  No resourceVersion: as new as the store at the moment of asking. "0": whatever is there. N: at least N.
 *   RD2  All pages of a list show one revision: from the cache while nothing of the resource has changed since, else
 *        from the store's history.
 *   RD3  A revision from the future: wait a little, then 504 with cause ResourceVersionTooLarge.
 *   RD4  remainingItemCount only where no selector could change the count.
 *   RD7  What is stored in another version is brought into the one asked for: before a selector looks at it, else only what is
 *        on the page.
 *   RD8  A value that cannot be read fails what would tell of it, a list of its namespace or of all; nothing else.
 *   RD5  An expired page token is answered 410 with another token that goes on without consistency.
 *   RD6  A page token leads nowhere but into the list it is used with: the key in it never widens the namespace.
 */
import { expired, notFound, tooLargeResourceVersion, tooOldResourceVersion } from '../http/api-error.ts'
import { CompactedError, FutureRevisionError } from '../storage/storage.ts'
import type { Storage } from '../storage/storage.ts'
import { readCached } from '../watch-cache/resource-cache.ts'
import { lowerBound } from '../../../base/lower-bound.ts'
import type { CachedObject } from '../watch-cache/resource-cache.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import type { ListMeta } from './answer-form.ts'
import { renderContinueToken } from './list-options.ts'
import type { ListOptions } from './list-options.ts'
import type { ObjectSelector } from './object-selector.ts'
import { cacheKey } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'

export interface ListedPage {
  readonly items: readonly CachedObject[]
  readonly meta: ListMeta
}

const futureWaitMs = 3_000
const freshWaitMs = 10_000

export class Reads {
  readonly #cache: WatchCache
  readonly #storage: Storage

  constructor(cache: WatchCache, storage: Storage) {
    this.#cache = cache
    this.#storage = storage
  }

  async get(resource: ServedResource, namespace: string, name: string, resourceVersion: string): Promise<CachedObject> {
    await this.freshEnough(resourceVersion)
    const key = cacheKey(resource, namespace, name)
    throwIfUnreadable(resource, { key })
    const found = resource.cache.get(key)
    if (found === undefined) throw notFound(resource, name)
    return resource.custom?.conversion === undefined ? found : (await resource.custom.conversion.seen([found]))[0]!
  }

  async list(resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector): Promise<ListedPage> {
    if (options.continue !== undefined) return await this.#continued(resource, namespace, options, selector, options.continue)
    if (options.match === 'Exact') return await this.#at(resource, namespace, options, selector, Number(options.resourceVersion), undefined)
    await this.freshEnough(options.resourceVersion)
    const limit = options.resourceVersion === '0' && options.match === '' ? 0 : options.limit
    return await this.#fromCache(resource, namespace, { ...options, limit }, selector, this.#cache.revision, undefined)
  }

  /** Waits until the cache may answer for this resourceVersion (RD1, RD3). */
  async freshEnough(resourceVersion: string): Promise<void> {
    if (resourceVersion === '0') return
    if (resourceVersion !== '') {
      const asked = Number(resourceVersion)
      if (asked <= this.#cache.revision || (await this.#cache.waitFor(asked, futureWaitMs))) return
      throw tooLargeResourceVersion(asked, this.#cache.revision)
    }
    const latest = await this.#cache.latestRevision()
    if (!(await this.#cache.waitFor(latest, freshWaitMs))) throw tooLargeResourceVersion(latest, this.#cache.revision)
  }

  async #continued(resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector, token: NonNullable<ListOptions['continue']>): Promise<ListedPage> {
    if (token.revision > 0) return await this.#at(resource, namespace, options, selector, token.revision, token.start)
    await this.freshEnough('')
    return await this.#fromCache(resource, namespace, options, selector, this.#cache.revision, token.start)
  }

  async #at(resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector, revision: number, start: string | undefined): Promise<ListedPage> {
    if (revision > this.#cache.revision && !(await this.#cache.waitFor(revision, futureWaitMs))) throw tooLargeResourceVersion(revision, this.#cache.revision)
    if (resource.cache.lastChange <= revision) return await this.#fromCache(resource, namespace, options, selector, revision, start) // RD2
    try {
      return await this.#fromHistory(resource, namespace, options, selector, revision, start)
    } catch (error) {
      if (error instanceof FutureRevisionError) throw tooLargeResourceVersion(revision, this.#cache.revision)
      if (!(error instanceof CompactedError)) throw error
      if (start === undefined) throw tooOldResourceVersion(revision, error.oldest)
      throw expired( // RD5
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
        renderContinueToken({ revision: -1, start }),
      )
    }
  }

  /** RD7 */
  async #fromCache(resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector, revision: number, start: string | undefined): Promise<ListedPage> {
    throwIfUnreadable(resource, selector.onlyName !== undefined && (namespace !== '' || !resource.namespaced) ? { key: cacheKey(resource, namespace, selector.onlyName) } : { namespace })
    const conversion = resource.custom?.conversion
    if (conversion === undefined) return this.#select(resource, namespace, options, selector, revision, start)
    if (selector.isEverything) {
      const page = this.#select(resource, namespace, options, selector, revision, start)
      return { ...page, items: await conversion.seen(page.items) }
    }
    return this.#select(resource, namespace, options, selector, revision, start, await conversion.seen(resource.cache.list(namespace)))
  }

  #select(resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector, revision: number, start: string | undefined, seen?: readonly CachedObject[]): ListedPage {
    if (seen === undefined && selector.onlyName !== undefined && (namespace !== '' || !resource.namespaced)) {
      const found = resource.cache.get(cacheKey(resource, namespace, selector.onlyName))
      const items = found !== undefined && selector.matches(found) ? [found] : []
      return { items, meta: { resourceVersion: String(revision) } }
    }
    const all = seen ?? resource.cache.list(namespace)
    const from = start === undefined ? 0 : lowerBound(all.map(item => item.key), start)
    if (options.limit <= 0) {
      const rest = from === 0 ? all : all.slice(from)
      return { items: selector.isEverything ? rest : rest.filter(item => selector.matches(item)), meta: { resourceVersion: String(revision) } }
    }
    const items: CachedObject[] = []
    let at = from
    for (; at < all.length && items.length < options.limit; at++) if (selector.matches(all[at]!)) items.push(all[at]!)
    return { items, meta: pageMeta(revision, all.length - at, items.at(-1)?.key, selector) }
  }

  async #fromHistory(resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector, revision: number, start: string | undefined): Promise<ListedPage> {
    const { prefix } = resource.cache.spec
    const scope = namespace === '' || !resource.namespaced ? prefix : `${prefix}${namespace}/`
    const items: CachedObject[] = []
    let from = start === undefined || prefix + start < scope ? scope : prefix + start // RD6
    for (;;) {
      const wanted = options.limit > 0 ? options.limit - items.length : 0
      const page = await this.#storage.range(scope, { from, revision, ...(wanted > 0 ? { limit: wanted } : {}) })
      const read = page.values.map(value => readCached(resource.cache.spec, value.key.slice(prefix.length), value))
      const seen = resource.custom?.conversion === undefined ? read : await resource.custom.conversion.seen(read)
      const taken = seen.length
      items.push(...seen.filter(item => selector.matches(item)))
      const last = page.values.at(-1)?.key
      const isFull = options.limit > 0 && items.length >= options.limit
      if (!page.more || last === undefined || isFull) {
        const left = page.more ? Math.max(1, page.count - taken) : 0
        return { items, meta: pageMeta(revision, left, last?.slice(prefix.length), selector) }
      }
      from = `${last}\0`
    }
  }
}

/** RD8 */
function throwIfUnreadable(resource: ServedResource, scope: Parameters<ServedResource['cache']['problemOf']>[0]): void {
  const problem = resource.cache.problemOf(scope)
  if (problem !== undefined) throw problem
}

function pageMeta(revision: number, left: number, lastKey: string | undefined, selector: ObjectSelector): ListMeta {
  if (left <= 0 || lastKey === undefined) return { resourceVersion: String(revision) }
  return {
    resourceVersion: String(revision),
    continue: renderContinueToken({ revision, start: `${lastKey}\0` }),
    ...(selector.isEverything ? { remainingItemCount: left } : {}), // RD4
  }
}
