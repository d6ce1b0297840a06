/**
 * A watch: events of one resource, as one client selects and wants them, for as long as it stays.
 * Upstream: apiserver/pkg/endpoints/handlers/watch.go, storage/cacher/cache_watcher.go.
 *
 *   WA1  Headers go out at once. Events follow in revision order, each exactly once, none from before the start.
 *   WA2  No resourceVersion or "0": what exists comes first as ADDED. N: only what changed after N; too old is a 410.
 *   WA3  An object that leaves the selector is DELETED, with its last matching state at the new revision; one that enters is ADDED.
 *   WA4  Watch-list: what exists, then one BOOKMARK annotated k8s.io/initial-events-end, then live.
 *   WA5  Bookmarks only when asked for: about each minute, and shortly before the timeout.
 *   WA6  A reader that does not keep up is cut off, so that it holds neither memory nor the others: the more watches there
 *        are, the less each may have waiting. Its connection is handed no more than that at once; one that takes nothing for
 *        15 s, or has 16 MiB waiting, is ended.
 *   WA11  Over a WebSocket each event is a message.
 *   WA10  An event that many watch leaves a little at a time.
 *   WA8  When a custom resource's definition changes or goes, its watches end cleanly: clients list and watch anew.
 *   WA9  Objects that are stored in another version are brought into this one, in the order of the events; a conversion that
 *        fails ends the watch with an ERROR.
 *   WA12 A fault keeps events or bookmarks from a watch, cuts it, or has it end or begin with 410.
 *   WA7  A form's frame for an event is encoded by the first watcher that needs it.
 */
import type { Clock } from '../../../base/clock.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import type { Random } from '../../../base/random.ts'
import { objectAttributes, spans } from '../../../base/spans.ts'
import { buildTable, partialObjectMetadata } from '../../../api/table.ts'
import { encodeWatchFrame } from '../../../wire/protobuf/envelope.ts'
import type { ServerResponse } from 'node:http'
import { stringify } from 'yaml'
import { ApiError, asApiError, tooOldResourceVersion } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { answerOverWebSocket, wantsWebSocket } from '../http/web-socket-answer.ts'
import { jsonType, protobufType, yamlType } from '../http/negotiation.ts'
import type { Negotiated } from '../http/negotiation.ts'
import type { CachedObject, CacheEvent, CacheWatcher } from '../watch-cache/resource-cache.ts'
import { decodeServed } from '../watch-cache/stored-form.ts'
import type { WatchCache } from '../watch-cache/watch-cache.ts'
import { formApiVersion, readIncludeObject } from './answer-form.ts'
import { flushSoon } from './fair-writes.ts'
import type { KubeObject } from './kube-object.ts'
import type { ListOptions } from './list-options.ts'
import type { ObjectSelector } from './object-selector.ts'
import type { Reads } from './reads.ts'
import { cacheKey, complete, namespaceOfKey, servedObject } from './served-resource.ts'
import type { ServedResource } from './served-resource.ts'
import type { SentEvents, WatchEventCounts } from './watch-events.ts'

type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

export interface WatchDeps {
  readonly watchEvents?: WatchEventCounts
  readonly cache: WatchCache
  readonly reads: Reads
  readonly clock: Clock
  readonly random: Random
}

export interface LiveWatch {
  readonly resource: string
  readonly namespace: string
  readonly user: string
  readonly startedMs: number
  /** Last revision told to the client, events and bookmarks. */
  readonly revision: number
  readonly sentEvents: number
  readonly waitingBytes: number
}

const minTimeoutSeconds = 1_800
const bookmarkEveryMs = 60_000
const bookmarkBeforeEndMs = 2_000
const maxWaitingBytes = 16 * 1024 * 1024
const minWaitingBytes = 64 * 1024
const maxWaitingBytesOfAll = 64 * 1024 * 1024
const copiedBytes = 16 * 1024
/** A connection that takes nothing for so long leads to nobody. */
const stuckMs = 15_000
const initialEventsEnd = { 'k8s.io/initial-events-end': 'true' }

export const liveWatches = new Set<LiveWatch>()

const watchFault = faultPoints.define({
  name: 'apiserver.watch', help: 'A watch, by what passes: start, event, bookmark. drop: the event or bookmark is kept back; error: it ends, with "too old resource version" where the code is 410, else without a word. A rule without a part, or for events, also meets every watch there is when it begins.',
  attributes: ['part', 'resource', 'namespace', 'user'], effects: ['drop', 'error'],
})
watchFault.onChange = () => {
  if (watchFault.rules !== undefined) for (const watch of [...liveWatches] as unknown as Watch[]) watch.isHindered('event')
}

export async function serveWatch(exchange: Exchange, resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector, form: Negotiated, deps: WatchDeps): Promise<void> {
  const start = options.resourceVersion
  const startsWithState = options.sendInitialEvents || start === '' || start === '0'
  if (start !== '' && start !== '0') await deps.reads.freshEnough(start)
  else if (startsWithState && start !== '0') await deps.reads.freshEnough('')
  const missedSince = () => {
    if (resource.cache.unreadable.size > 0) throw new ApiError('TooManyRequests', 'storage is (re)initializing', { retryAfterSeconds: 1 }) // RC5
    const missed = startsWithState ? [] : resource.cache.since(Number(start))
    if (missed === undefined) throw tooOldResourceVersion(Number(start), resource.cache.oldestRevision) // WA2
    return missed
  }
  if (wantsWebSocket(exchange)) { // WA11
    missedSince() // a refusal is still an HTTP answer
    await answerOverWebSocket(exchange, form.encoding === 'protobuf')
  }
  const missed = missedSince()
  if (watchFault.rules !== undefined) refuseStart(exchange, resource, namespace, options) // WA12
  const watch = new Watch(exchange, resource, namespace, options, selector, form, deps)
  await watch.run(startsWithState, missed)
}

function refuseStart(exchange: Exchange, { resource }: ServedResource, namespace: string, { resourceVersion }: ListOptions): void {
  const rule = watchFault.find({ part: 'start', resource, namespace, user: exchange.user?.name })
  if (rule?.effect === 'error' && resourceVersion !== '' && resourceVersion !== '0') throw tooOldResourceVersion(Number(resourceVersion), Number(resourceVersion) + 1)
}

class Watch implements CacheWatcher, LiveWatch {
  readonly resource: string
  readonly user: string
  readonly startedMs: number
  readonly namespace: string
  revision: number
  sentEvents = 0
  readonly #exchange: Exchange
  readonly #of: ServedResource
  readonly #options: ListOptions
  readonly #selector: ObjectSelector
  readonly #form: Negotiated
  readonly #deps: WatchDeps
  readonly #frameKey: string
  readonly #counts: SentEvents | undefined
  readonly #ended: Promise<void>
  #end: () => void = () => {}
  #isOver = false
  #hasSentColumns = false
  /** Set while objects of another version are being brought into this one: events wait their turn. */
  #converting: Promise<void> | undefined
  /** Events that came while the first state was still being written. */
  #held: CacheEvent[] | undefined = []
  #pending: Buffer[] = []
  #pendingBytes = 0
  /** Runs while the connection takes nothing. */
  #stuck: Disposable | undefined
  #isFlushing = false

  constructor(exchange: Exchange, resource: ServedResource, namespace: string, options: ListOptions, selector: ObjectSelector, form: Negotiated, deps: WatchDeps) {
    this.#exchange = exchange
    this.#of = resource
    this.namespace = namespace
    this.#options = options
    this.#selector = selector
    this.#form = form
    this.#deps = deps
    this.resource = resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`
    this.user = exchange.user?.name ?? ''
    this.startedMs = deps.clock.now()
    this.revision = deps.cache.revision
    const include = form.transform === 'Table' ? readIncludeObject(exchange.query) : ''
    this.#frameKey = `${resource.apiVersion}|${form.encoding}|${form.transform ?? ''}|${form.transformVersion ?? ''}|${include}`
    this.#counts = deps.watchEvents?.of(resource)
    this.#ended = new Promise(resolve => {
      this.#end = resolve
    })
  }

  get waitingBytes(): number {
    return this.#exchange.response.writableLength
  }

  async run(startsWithState: boolean, missed: readonly CacheEvent[]): Promise<void> {
    const { cache } = this.#of
    // Nothing may happen between reading the state and joining the watchers: no await until then.
    const state = startsWithState ? this.#state() : []
    const stateRevision = this.#deps.cache.revision
    cache.watchers.add(this)
    liveWatches.add(this)
    const stop = () => {
      this.#finish()
    }
    this.#exchange.response.once('close', stop)
    this.#exchange.signal.addEventListener('abort', stop, { once: true })
    const timers = this.#timers()
    let hasStarted = false
    try {
      const selected = this.#of.custom?.conversion === undefined && this.#selector.isEverything ? state : await this.#selected(state)
      hasStarted = true
      this.#exchange.start(200, contentType(this.#form))
      this.#flushHeaders()
      await this.#sendState(selected, stateRevision)
      for (const event of missed) this.#see(event)
      const held = this.#held!
      this.#held = undefined
      for (const event of held) this.#see(event)
      this.#exchange.onInitialized?.()
      await this.#ended
    } catch (error) {
      if (!hasStarted) throw error
      this.#finish() // the client has gone
    } finally {
      for (const timer of timers) timer[Symbol.dispose]()
      this.#stuck?.[Symbol.dispose]()
      cache.watchers.delete(this)
      liveWatches.delete(this)
      this.#exchange.signal.removeEventListener('abort', stop)
      if (hasStarted && !this.#exchange.response.writableEnded) this.#exchange.response.end()
    }
  }

  offer(event: CacheEvent): void {
    if (watchFault.rules !== undefined && this.isHindered('event')) return
    if (this.#held !== undefined) this.#held.push(event)
    else this.#see(event)
  }

  /** WA12: true where it is not to be told. */
  isHindered(part: 'event' | 'bookmark'): boolean {
    const rule = watchFault.find({ part, resource: this.#of.resource, namespace: this.namespace, user: this.user })
    if (rule?.effect === 'error') {
      if (rule.parameters['code'] === 410) this.expire()
      else {
        this.#exchange.response.destroy()
        this.#finish()
      }
    }
    return rule !== undefined
  }

  /** WA8 */
  end(): void {
    this.#finish()
  }

  /** WA9 */
  #see(event: CacheEvent): void {
    const conversion = this.#of.custom?.conversion
    if (conversion === undefined) {
      this.#tell(event)
      return
    }
    const convert = () => conversion.seen(event.previous === undefined ? [event.object] : [event.object, event.previous])
    const tell = ([object, previous]: readonly CachedObject[]) => {
      this.#tell({ ...event, object: object!, previous })
    }
    if (this.#converting === undefined) {
      const seen = convert()
      if (!(seen instanceof Promise)) {
        tell(seen)
        return
      }
      this.#queue(() => seen.then(tell))
      return
    }
    this.#queue(async () => {
      tell(await convert())
    })
  }

  #queue(work: () => Promise<void>): void {
    const turn = (this.#converting ?? Promise.resolve()).then(work).catch((error: unknown) => {
      if (!this.#isOver) this.#push(encodeFrame('ERROR', asApiError(error).status, this.#form))
      this.#finish()
    }).then(() => {
      if (this.#converting === turn) this.#converting = undefined
    })
    this.#converting = turn
  }

  expire(): void {
    const status = tooOldResourceVersion(this.revision, this.#deps.cache.revision).status
    this.#push(encodeFrame('ERROR', status, this.#form))
    this.#finish()
  }

  #state(): readonly CachedObject[] {
    const { onlyName } = this.#selector
    if (onlyName !== undefined && (this.namespace !== '' || !this.#of.namespaced)) {
      const found = this.#of.cache.get(cacheKey(this.#of, this.namespace, onlyName))
      return found !== undefined && this.#selector.matches(found) ? [found] : []
    }
    return this.#of.cache.list(this.namespace)
  }

  async #selected(state: readonly CachedObject[]): Promise<readonly CachedObject[]> {
    const conversion = this.#of.custom?.conversion
    const seen = conversion === undefined ? state : await conversion.seen(state)
    return this.#selector.isEverything ? seen : seen.filter(item => this.#selector.matches(item))
  }

  async #sendState(state: readonly CachedObject[], revision: number): Promise<void> {
    let pieces: Buffer[] = []
    let size = 0
    for (const item of state) {
      const frame = this.#frameOf('ADDED', item)
      pieces.push(frame)
      this.sentEvents += 1
      this.#counts?.note(frame.length)
      size += frame.length
      if (size < 256 * 1024) continue
      await this.#exchange.write(Buffer.concat(pieces))
      pieces = []
      size = 0
    }
    if (this.#options.sendInitialEvents && this.#options.allowBookmarks) pieces.push(this.#bookmark(revision, initialEventsEnd)) // WA4
    this.revision = revision
    if (pieces.length > 0) await this.#exchange.write(Buffer.concat(pieces))
  }

  #tell(event: CacheEvent): void {
    if (this.#isOver) return
    if (this.namespace !== '' && this.#of.namespaced && namespaceOfKey(event.object.key) !== this.namespace) return
    const matchesNow = !event.deleted && this.#selector.matches(event.object)
    const matchedBefore = event.previous !== undefined && this.#selector.matches(event.previous)
    if (!matchesNow && !matchedBefore) return
    const type: EventType = matchesNow ? (matchedBefore ? 'MODIFIED' : 'ADDED') : 'DELETED' // WA3
    this.revision = event.revision
    this.sentEvents += 1
    if (spans.on) this.#addSpan(type, event)
    const frame = this.#eventFrame(type, event)
    this.#counts?.note(frame.length)
    this.#push(frame)
  }

  #addSpan(type: EventType, { object: { key }, revision }: CacheEvent): void {
    const namespace = this.#of.namespaced ? namespaceOfKey(key) : undefined
    spans.add({ name: 'watch', parent: null, attributes: {
      ...objectAttributes(this.#of, { namespace, name: namespace === undefined ? key : key.slice(namespace.length + 1), resourceVersion: String(revision) }),
      'k8s.change': type, 'user': this.user, 'user_agent.original': this.#exchange.header('user-agent'),
    } })
  }

  #eventFrame(type: EventType, event: CacheEvent): Buffer {
    const withColumns = this.#form.transform === 'Table' && !this.#hasSentColumns
    const key = `${this.#frameKey}|${type}|${withColumns}`
    const known = event.frames.get(key)
    if (known !== undefined) {
      this.#hasSentColumns = true
      return known
    }
    const shown = type === 'DELETED' && !event.deleted ? restamped(event.previous!, event.revision) : event.object
    const frame = this.#frameOf(type, shown)
    event.frames.set(key, frame) // WA7
    return frame
  }

  #frameOf(type: EventType, item: CachedObject): Buffer {
    if (this.#form.encoding === 'json' && this.#form.transform === undefined && this.#of.view === undefined) return jsonFrame(type, item.bytes)
    const object = servedObject(this.#of, item)
    if (this.#form.transform === undefined) return encodeFrame(type, object, this.#form)
    if (this.#form.transform !== 'Table') return encodeFrame(type, partialObjectMetadata(complete(object), formApiVersion(this.#form)), this.#form)
    const table = buildTable(this.#of.rules, [complete(object)], {
      includeObject: readIncludeObject(this.#exchange.query),
      listMetadata: { resourceVersion: object.metadata.resourceVersion ?? '' },
      now: this.#deps.clock.now(),
      withColumns: !this.#hasSentColumns,
      apiVersion: formApiVersion(this.#form),
    })
    this.#hasSentColumns = true
    return encodeFrame(type, table, this.#form)
  }

  #bookmark(revision: number, annotations?: Record<string, string>): Buffer {
    const meta = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) }
    const object = { kind: this.#of.kind, apiVersion: this.#of.apiVersion, metadata: meta } as KubeObject
    if (this.#form.transform === undefined) return encodeFrame('BOOKMARK', object, this.#form)
    if (this.#form.transform !== 'Table') return encodeFrame('BOOKMARK', { ...object, kind: 'PartialObjectMetadata', apiVersion: formApiVersion(this.#form) }, this.#form)
    const { rules } = this.#of
    const blank = { ...rules, cells: () => rules.columns.map(({ type }) => (type === 'integer' ? 0 : '')) } // a bookmark has no spec for the kind's own printer to read
    const table = buildTable(blank, [complete(object)], { listMetadata: { resourceVersion: String(revision) }, now: this.#deps.clock.now(), withColumns: false, apiVersion: formApiVersion(this.#form) })
    return encodeFrame('BOOKMARK', table, this.#form)
  }

  #timers(): Disposable[] {
    const { clock, random } = this.#deps
    const asked = this.#options.timeoutSeconds
    const timeoutMs = asked !== undefined && asked > 0 ? asked * 1000 : (minTimeoutSeconds * (1 + random.next())) * 1000
    const timers = [clock.after(timeoutMs, () => {
      this.#finish()
    })]
    if (!this.#options.allowBookmarks) return timers
    const tell = () => {
      if (this.#isOver || this.#held !== undefined || (watchFault.rules !== undefined && this.isHindered('bookmark'))) return
      this.revision = this.#deps.cache.revision
      this.#push(this.#bookmark(this.revision))
    }
    if (timeoutMs > 2 * bookmarkBeforeEndMs) timers.push(clock.after(timeoutMs - bookmarkBeforeEndMs, tell)) // WA5
    let next: Disposable
    const again = () => {
      next = clock.after(bookmarkEveryMs * (0.75 + 0.5 * random.next()), () => {
        tell()
        if (!this.#isOver) again()
      })
    }
    again()
    timers.push({ [Symbol.dispose]: () => next[Symbol.dispose]() })
    return timers
  }

  /** Frames of one turn of the event loop leave in one write. */
  #push(frame: Buffer): void {
    this.#pending.push(frame)
    this.#pendingBytes += frame.length
    if (this.#pendingBytes > maxWaitingBytes && this.#stuck !== undefined) this.#cutOff() // WA6
    if (this.#isFlushing) return
    this.#isFlushing = true
    flushSoon(() => this.#flushPending())
  }

  #flushPending(): number {
    this.#isFlushing = false
    try {
      return this.#flush()
    } finally {
      if (this.#isOver && !this.#isFlushing) this.#end() // whoever finished it meanwhile left the end to this
    }
  }

  /** WA6: no more than it may have waiting is handed to the connection at once, which makes its own copy; the rest is shared. */
  #flush(): number {
    const { response } = this.#exchange
    if (response.writableEnded || response.destroyed) return 0
    const limit = waitingLimit()
    if (response.writableLength > limit) { // of what it was sent before
      this.#cutOff()
      return 0
    }
    let count = 0
    let size = 0
    while (count < this.#pending.length && (count === 0 || size + this.#pending[count]!.length <= limit)) size += this.#pending[count++]!.length
    const frames = this.#pending.splice(0, count)
    this.#pendingBytes -= size
    this.#exchange.sentBytes += size
    if (frames.length > 0) this.#write(frames, size)
    if (this.#pending.length > 0) this.#flushRest()
    return size
  }

  #flushRest(): void {
    const { response } = this.#exchange
    this.#isFlushing = true
    if (!response.writableNeedDrain) {
      flushSoon(() => this.#flushPending())
      return
    }
    this.#stuck = this.#deps.clock.after(stuckMs, () => { this.#cutOff() })
    response.once('drain', () => {
      this.#stuck?.[Symbol.dispose]()
      this.#stuck = undefined
      flushSoon(() => this.#flushPending())
    })
  }

  #cutOff(): void {
    this.#stuck?.[Symbol.dispose]()
    this.#stuck = undefined
    this.#pending = []
    this.#pendingBytes = 0
    this.#isFlushing = false
    this.#exchange.response.destroy()
    this.#finish()
  }

  /** Large frames are not copied: all who wait for one hold the same bytes (WA7). */
  #write(frames: readonly Buffer[], size: number): void {
    const response = this.#exchange.response as ServerResponse
    if (frames.length === 1 || size > copiedBytes) for (const frame of frames) response.write(frame)
    else response.write(Buffer.concat(frames))
  }

  #finish(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (!this.#isFlushing || this.#stuck !== undefined) this.#end()
  }

  #flushHeaders(): void {
    const { response } = this.#exchange
    if ('flushHeaders' in response) response.flushHeaders()
  }
}

function waitingLimit(): number {
  return Math.min(maxWaitingBytes, Math.max(minWaitingBytes, maxWaitingBytesOfAll / liveWatches.size))
}

const jsonFrameEnd = Buffer.from('}\n')

function jsonFrame(type: EventType, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), bytes, jsonFrameEnd])
}

function encodeFrame(type: EventType, object: object, form: Negotiated): Buffer {
  if (form.encoding === 'protobuf') return Buffer.from(encodeWatchFrame(type, object))
  if (form.encoding === 'yaml') return Buffer.from(`${stringify({ type, object })}---\n`)
  return jsonFrame(type, Buffer.from(JSON.stringify(object)))
}

function contentType(form: Negotiated): string {
  if (form.encoding === 'protobuf') return `${protobufType};stream=watch`
  if (form.encoding === 'yaml') return yamlType
  return jsonType
}

/** The last state that matched, at the revision of the change that made it leave (WA3). */
function restamped(previous: CachedObject, revision: number): CachedObject {
  const object = decodeServed(previous.bytes)
  object.metadata.resourceVersion = String(revision)
  return { ...previous, revision, bytes: Buffer.from(JSON.stringify(object)) }
}
