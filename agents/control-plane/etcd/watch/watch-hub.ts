/**
 * Delivers every durable change to every watcher that asked for it.
 *
 *   WA1  Ordered and unique: a watcher sees each revision at most once, in order.
 *   WA2  Reliable: between two events it sees, nothing it asked for is missing, or it is cancelled with compactRevision.
 *   WA3  Atomic: all events of one revision come in one response (or its fragments, where asked for).
 *   WA4  Durable: no event, header or progress speaks of a revision that is not durable yet.
 *   WA5  Bookmarkable: after a progress response at R every later event of that stream is above R.
 *   WA6  A watcher that begins in the future hears nothing of what lies before its beginning, progress included.
 *   WA7  A slow reader costs nothing but its own delay: when its stream is congested its watchers fall behind and
 *        catch up from history when it drains. Nobody waits for it and nothing is queued for it.
 *
 * A watcher is synced (it is told of new changes as they become durable) or lagging (it reads history in chunks of
 * whole revisions until it has caught up). `next` is the first revision a watcher has not dealt with.
 */
import { eventTypes, type ResponseHeader, type WireEvent } from '../../../wire/etcd/kv-messages.ts'
import { watchFilters, type WatchCreateRequest, type WatchRequest, type WatchResponse } from '../../../wire/etcd/watch-messages.ts'
import { faultPoints } from '../../../base/fault-points.ts'
import { isInSpan, keyToBytes, spanOf, type KeySpan } from '../mvcc/key-bytes.ts'
import { isTombstone, type Version } from '../mvcc/key-history.ts'
import type { KeySpace } from '../mvcc/key-space.ts'
import { renderKeyValue } from '../mvcc/range.ts'
import { fragments } from './fragments.ts'

const watchFault = faultPoints.define({ name: 'store.watch', help: 'Changes that are about to be told to watchers. hold, drop: they are told with the next that pass; error: every watcher is told that what it waits for has been compacted, and ends.', attributes: [], effects: ['hold', 'drop', 'error'] })

/** Events a lagging watcher is given before others have their turn. */
const chunkEvents = 1000
const invalidWatchId = -1n

export interface WatchSink {
  /** False when the reader is behind; `drained` of the stream is then called once it is not. */
  send(response: Partial<WatchResponse>): boolean
}

export interface WatchSource {
  readonly keys: KeySpace
  readonly valueOf: (version: Version) => Uint8Array
  readonly header: (revision: bigint) => ResponseHeader
  readonly soon: (callback: () => void) => void
  readonly maxResponseBytes: number
}

interface Watcher {
  readonly id: bigint
  readonly span: KeySpan
  readonly wantsPuts: boolean
  readonly wantsDeletes: boolean
  readonly prevKv: boolean
  readonly fragment: boolean
  readonly progressNotify: boolean
  next: bigint
  toldSinceTick: boolean
}

export class WatchHub {
  readonly #source: WatchSource
  readonly #streams = new Set<WatchStream>()
  /** The last durable revision. */
  #published: bigint
  #pumping = false
  readonly counters = { events: 0, slow: 0 }

  constructor(source: WatchSource) {
    this.#source = source
    this.#published = source.keys.revision
  }

  get published(): bigint {
    return this.#published
  }

  get source(): WatchSource {
    return this.#source
  }

  get streams(): ReadonlySet<WatchStream> {
    return this.#streams
  }

  open(sink: WatchSink): WatchStream {
    const stream = new WatchStream(this, sink)
    this.#streams.add(stream)
    return stream
  }

  forget(stream: WatchStream): void {
    this.#streams.delete(stream)
  }

  /** Everything up to this revision is durable: tells the synced watchers. */
  publish(revision: bigint): void {
    if (revision <= this.#published || (watchFault.rules !== undefined && this.#isWithheld())) return
    const { keys } = this.#source
    const from = keys.changeIndex(this.#published + 1n)
    const to = keys.changeIndex(revision + 1n)
    const changes = keys.changes.slice(from, to)
    this.#published = revision
    for (const stream of this.#streams) stream.tell(changes)
    this.pump()
  }

  #isWithheld(): boolean {
    const effect = watchFault.find({})?.effect
    if (effect === 'error') for (const stream of this.#streams) stream.compactAway()
    return effect === 'hold' || effect === 'drop'
  }

  /** A tick of the progress clock: watchers that asked for it and heard nothing since the last tick are told where we are. */
  tick(): void {
    for (const stream of this.#streams) stream.tick()
  }

  /** Lets lagging watchers go on, a chunk each, until none can. */
  pump(): void {
    if (this.#pumping || ![...this.#streams].some(stream => stream.canCatchUp)) return
    this.#pumping = true
    this.#source.soon(() => {
      this.#pumping = false
      for (const stream of this.#streams) stream.catchUp()
      this.pump()
    })
  }
}

/** One gRPC watch stream with its watchers. */
export class WatchStream {
  readonly #hub: WatchHub
  readonly #sink: WatchSink
  readonly #watchers = new Map<bigint, Watcher>()
  readonly #lagging = new Set<Watcher>()
  #nextId = 0n
  #congested = false
  #progressWanted = false

  constructor(hub: WatchHub, sink: WatchSink) {
    this.#hub = hub
    this.#sink = sink
  }

  get watchers(): readonly Readonly<Watcher & { lagging: boolean }>[] {
    return [...this.#watchers.values()].map(watcher => ({ ...watcher, lagging: this.#lagging.has(watcher) }))
  }

  get isCongested(): boolean {
    return this.#congested
  }

  get canCatchUp(): boolean {
    return !this.#congested && this.#lagging.size > 0
  }

  request(request: WatchRequest): void {
    if (request.create !== undefined) this.#create(request.create)
    else if (request.cancel !== undefined) this.#cancel(request.cancel.watchId)
    else if (request.progress !== undefined) {
      this.#progressWanted = true
      this.#reportProgress()
    }
  }

  drained(): void {
    this.#congested = false
    this.catchUp()
    this.#hub.pump()
  }

  end(): void {
    this.#watchers.clear()
    this.#lagging.clear()
    this.#hub.forget(this)
  }

  /** New durable changes, in order. */
  tell(changes: readonly Version[]): void {
    for (const watcher of this.#watchers.values()) {
      if (this.#lagging.has(watcher)) continue
      if (this.#congested) {
        this.#lagging.add(watcher) // WA7; its `next` still says where it stopped
        this.#hub.counters.slow++
        continue
      }
      const wanted = changes.filter(change => isWanted(watcher, change))
      watcher.next = maxOf(watcher.next, this.#hub.published + 1n)
      if (wanted.length > 0) this.#sendEvents(watcher, wanted)
    }
    this.#reportProgress()
  }

  /** One chunk of history for each lagging watcher. */
  catchUp(): void {
    for (const watcher of this.#lagging) {
      if (this.#congested) return
      this.#catchUpOne(watcher)
    }
    this.#reportProgress()
  }

  tick(): void {
    for (const watcher of this.#watchers.values()) {
      if (watcher.progressNotify && !watcher.toldSinceTick && !this.#congested && this.#hasCaughtUp(watcher)) {
        this.#send({ header: this.#header(), watchId: watcher.id })
      }
      watcher.toldSinceTick = false
    }
  }

  #create(request: WatchCreateRequest): void {
    const header = this.#header()
    const id = this.#chooseId(request.watchId)
    if (id === undefined) {
      this.#send({ header, watchId: invalidWatchId, created: true, canceled: true, cancelReason: 'mvcc: duplicate watch ID provided on the WatchStream' })
      return
    }
    const watcher: Watcher = {
      id,
      span: watchedSpan(request),
      wantsPuts: !request.filters.includes(watchFilters.noPut),
      wantsDeletes: !request.filters.includes(watchFilters.noDelete),
      prevKv: request.prevKv,
      fragment: request.fragment,
      progressNotify: request.progressNotify,
      next: request.startRevision > 0n ? request.startRevision : this.#hub.published + 1n,
      toldSinceTick: true,
    }
    this.#watchers.set(id, watcher)
    this.#send({ header, watchId: id, created: true })
    if (watcher.next > this.#hub.published) return
    this.#lagging.add(watcher)
    this.catchUp()
    this.#hub.pump()
  }

  #chooseId(wanted: bigint): bigint | undefined {
    if (wanted !== 0n) return this.#watchers.has(wanted) ? undefined : wanted
    while (this.#watchers.has(this.#nextId)) this.#nextId++
    return this.#nextId++
  }

  #cancel(id: bigint): void {
    const watcher = this.#watchers.get(id)
    if (watcher === undefined) return
    this.#remove(watcher)
    this.#send({ header: this.#header(), watchId: id, canceled: true })
    this.#reportProgress()
  }

  #remove(watcher: Watcher): void {
    this.#watchers.delete(watcher.id)
    this.#lagging.delete(watcher)
  }

  /** Every watcher ends as if it had been so far behind that compaction overtook it. */
  compactAway(): void {
    for (const watcher of [...this.#watchers.values()]) {
      this.#remove(watcher)
      this.#send({ header: this.#header(), watchId: watcher.id, canceled: true, compactRevision: this.#hub.published })
    }
  }

  #catchUpOne(watcher: Watcher): void {
    const { keys } = this.#hub.source
    if (watcher.next < keys.compacted) {
      this.#remove(watcher)
      this.#send({ header: this.#header(), watchId: watcher.id, canceled: true, compactRevision: keys.compacted })
      return
    }
    const wanted: Version[] = []
    const end = keys.changeIndex(this.#hub.published + 1n)
    let index = keys.changeIndex(watcher.next)
    for (; index < end; index++) {
      const change = keys.changes[index]!
      if (wanted.length >= chunkEvents && change.main !== keys.changes[index - 1]!.main) break // WA3
      if (isWanted(watcher, change)) wanted.push(change)
    }
    if (index === end) {
      watcher.next = this.#hub.published + 1n
      this.#lagging.delete(watcher)
    } else {
      watcher.next = keys.changes[index]!.main
    }
    if (wanted.length > 0) this.#sendEvents(watcher, wanted)
  }

  #sendEvents(watcher: Watcher, changes: readonly Version[]): void {
    watcher.toldSinceTick = true
    this.#hub.counters.events += changes.length
    const events = changes.map(change => this.#event(watcher, change))
    const header = this.#header()
    if (!watcher.fragment) {
      this.#send({ header, watchId: watcher.id, events })
      return
    }
    const parts = fragments(events, this.#hub.source.maxResponseBytes)
    parts.forEach((part, index) => { this.#send({ header, watchId: watcher.id, events: part, fragment: index < parts.length - 1 }) })
  }

  #event(watcher: Watcher, change: Version): WireEvent {
    const { keys, valueOf } = this.#hub.source
    const before = watcher.prevKv ? keys.before(change) : undefined
    const prevKv = before === undefined ? undefined : renderKeyValue(before, valueOf(before))
    if (!isTombstone(change)) return { type: eventTypes.put, kv: renderKeyValue(change, valueOf(change)), ...(prevKv && { prevKv }) }
    const kv = { key: keyToBytes(change.key), modRevision: change.main, createRevision: 0n, version: 0n, value: noBytes, lease: 0n }
    return { type: eventTypes.delete, kv, ...(prevKv && { prevKv }) }
  }

  /** Answers a progress request as soon as it would be true (WA5). */
  #reportProgress(): void {
    if (!this.#progressWanted || this.#congested || ![...this.#watchers.values()].every(watcher => this.#hasCaughtUp(watcher))) return
    this.#progressWanted = false
    this.#send({ header: this.#header(), watchId: invalidWatchId })
  }

  /** It has been told everything up to the present, and the present is not before its beginning (WA6). */
  #hasCaughtUp(watcher: Watcher): boolean {
    return !this.#lagging.has(watcher) && watcher.next <= this.#hub.published + 1n
  }

  #send(response: Partial<WatchResponse>): void {
    if (!this.#sink.send(response)) this.#congested = true
  }

  #header(): ResponseHeader {
    return this.#hub.source.header(this.#hub.published)
  }
}

const noBytes: Uint8Array = new Uint8Array(0)

/** Unlike a range, a watch may name no key: it then begins at the first one. */
function watchedSpan(request: WatchCreateRequest): KeySpan {
  return spanOf(request.key.length === 0 ? Uint8Array.of(0) : request.key, request.rangeEnd)
}

function isWanted(watcher: Watcher, change: Version): boolean {
  return change.main >= watcher.next && (isTombstone(change) ? watcher.wantsDeletes : watcher.wantsPuts) && isInSpan(change.key, watcher.span)
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
