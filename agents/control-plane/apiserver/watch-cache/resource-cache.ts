/**
 * Everything stored of one resource, as encoded bytes in key order, with the recent changes and those who watch them.
 *
 *   RC1  Only what lists and watches select by is kept decoded: labels and the kind's selectable fields.
 *   RC2  An event is kept with the state before it, so that a selector can tell ADDED and DELETED from MODIFIED.
 *   RC3  The window of past events is bounded by count, age and bytes; asking from before it is 'too old'.
 *   RC5  A value that cannot be read fails the reads that would tell of it, until it is mended or gone; the last state that
 *        could be read stays for the server's own use. Watchers end with 410 then, and none begins (upstream: the cacher of
 *        the resource is not ready).
 *   RC4  Encoded forms of an event are made once, by the first watcher that wants the form, and shared.
 */
import type { Clock } from '../../../base/clock.ts'
import { lowerBound } from '../../../base/lower-bound.ts'
import type { OwnWrite } from './own-write.ts'
import { decodeServed, servedBytes } from './stored-form.ts'
import type { StoredForm } from './stored-form.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { ValueNotReadableError } from '../storage/storage.ts'
import type { StoredValue } from '../storage/storage.ts'

export interface CachedObject {
  /** "namespace/name", or "name". */
  readonly key: string
  readonly revision: number
  readonly bytes: Buffer
  readonly labels: Readonly<Record<string, string>>
  /** Values of the resource's selectable fields, in the order of CacheSpec.fieldPaths. */
  readonly fields: readonly string[]
  /** The store holds another form of it, so that even a write that changes nothing is worth making. */
  readonly isStale?: boolean
}

export interface CacheEvent {
  readonly revision: number
  readonly at: number
  /** State after the change; for a deletion the last state, carrying the deletion's revision. */
  readonly object: CachedObject
  readonly previous: CachedObject | undefined
  readonly deleted: boolean
  /** Encoded frames by form (RC4). */
  readonly frames: Map<string, Buffer>
}

export interface CacheSpec {
  /** "/registry/pods/" */
  readonly prefix: string
  readonly form: StoredForm
  readonly namespaced: boolean
  readonly fieldPaths: readonly string[]
  fieldsOf(object: KubeObject): readonly string[]
  /** Resources whose stored objects are not all in one form (custom ones) read them themselves. */
  read?(value: Uint8Array, revision: number): ReadObject
}

export interface ReadObject {
  readonly bytes: Buffer
  readonly object: KubeObject
  readonly isStale: boolean
}

/** What may be wrong with a value is told by the store (it cannot be opened) or found here (it is no object). */
export type StoredBytes = Pick<StoredValue, 'value' | 'revision' | 'problem'>

/** A stored value as every reader gets it. */
export function readStored(spec: CacheSpec, { value, revision, problem }: StoredBytes): ReadObject {
  if (problem !== undefined) throw problem
  try {
    if (spec.read !== undefined) return spec.read(value, revision)
    const bytes = servedBytes(spec.form, value, revision)
    return { bytes, object: decodeServed(bytes), isStale: false }
  } catch (error) {
    throw new ValueNotReadableError(`unable to decode a value of ${spec.prefix}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

export interface Unreadable {
  readonly revision: number
  readonly problem: ValueNotReadableError
}

/** The same, with what selectors ask for beside it. */
export function readCached(spec: CacheSpec, key: string, stored: StoredBytes): CachedObject {
  const { bytes, object, isStale } = readStored(spec, stored)
  return { key, revision: stored.revision, bytes, labels: object.metadata.labels ?? emptyLabels, fields: spec.fieldsOf(object), ...(isStale ? { isStale } : {}) }
}

export interface CacheWatcher {
  offer(event: CacheEvent): void
  /** The store has reached this revision with nothing for this resource. */
  progress?(revision: number): void
  /** History was lost: the watcher must end with 410. */
  expire(): void
  /** What was watched is no longer served as it was: the watch ends as if its time were over. */
  end?(): void
}

const windowMaxEvents = 20_000
const windowMinEvents = 200
const windowMaxAgeMs = 120_000
const windowMaxBytes = 24 * 1024 * 1024
const emptyLabels: Readonly<Record<string, string>> = Object.freeze({})

export class ResourceCache {
  readonly spec: CacheSpec
  readonly watchers = new Set<CacheWatcher>()
  readonly #objects = new Map<string, CachedObject>()
  readonly #unreadable = new Map<string, Unreadable>()
  readonly #clock: Clock
  readonly #interned = new Map<string, string>()
  #keys: string[] = []
  #keysSorted = true
  #window: CacheEvent[] = []
  #windowStart = 0
  #windowBytes = 0
  /** Every change after this revision is in the window. */
  #windowRevision = 0
  /** Revision at which everything was read. */
  #loadedRevision = 0
  /** Revision of the latest change of this resource. */
  #lastChange = 0
  #objectBytes = 0
  #changes = 0

  constructor(spec: CacheSpec, clock: Clock) {
    this.spec = spec
    this.#clock = clock
  }

  get size(): number {
    return this.#objects.size
  }

  /** Of all objects together, as served. */
  get objectBytes(): number {
    return this.#objectBytes
  }

  /** How many changes came since the start. */
  get changes(): number {
    return this.#changes
  }

  get windowSize(): number {
    return this.#window.length - this.#windowStart
  }

  get oldestRevision(): number {
    return this.#windowRevision
  }

  get lastChange(): number {
    return this.#lastChange
  }

  /** RC5 */
  get unreadable(): ReadonlyMap<string, Unreadable> {
    return this.#unreadable
  }

  /** Why a read of this key, or of everything in a namespace (with '' of all), cannot be answered. */
  problemOf(scope: { readonly key: string } | { readonly namespace: string }): ValueNotReadableError | undefined {
    if (this.#unreadable.size === 0) return undefined
    if ('key' in scope) return this.#unreadable.get(scope.key)?.problem
    const [first] = [...this.#unreadable.keys()].filter(key => scope.namespace === '' || key.startsWith(`${scope.namespace}/`)).sort() // a list meets it first
    return first === undefined ? undefined : this.#unreadable.get(first)!.problem
  }

  get(key: string): CachedObject | undefined {
    return this.#objects.get(key)
  }

  /** In key order; all of them, or those of one namespace. */
  list(namespace = ''): CachedObject[] {
    const keys = this.#sortedKeys()
    const from = namespace === '' ? 0 : lowerBound(keys, `${namespace}/`)
    const to = namespace === '' ? keys.length : lowerBound(keys, `${namespace}0`) // '0' is the byte after '/'
    const listed = new Array<CachedObject>(to - from)
    for (let index = from; index < to; index++) listed[index - from] = this.#objects.get(keys[index]!)!
    return listed
  }

  /** Takes the place of everything; used at start and after history was lost. */
  load(values: readonly (StoredBytes & { readonly key: string })[], revision: number): void {
    this.#objects.clear()
    this.#unreadable.clear()
    this.#objectBytes = 0
    for (const stored of values) {
      const { key } = stored
      const object = this.#readable(key, stored)
      if (object === undefined) continue
      this.#objects.set(key, object)
      this.#objectBytes += object.bytes.length
    }
    this.#keys = [...this.#objects.keys()]
    this.#keysSorted = false
    this.#window = []
    this.#windowStart = 0
    this.#windowBytes = 0
    this.#windowRevision = revision
    this.#loadedRevision = revision
    this.#lastChange = revision
    for (const watcher of [...this.watchers]) watcher.expire()
  }

  /** `own` spares reading the value when its writer is this process. */
  apply(key: string, value: Uint8Array | undefined, revision: number, { own, problem }: { readonly own?: OwnWrite | undefined; readonly problem?: ValueNotReadableError | undefined } = {}): CacheEvent | undefined {
    const previous = this.#objects.get(key)
    if (revision <= this.#loadedRevision) return undefined
    if (this.#unreadable.delete(key)) this.#loseHistory(revision)
    if (value === undefined && previous === undefined) return undefined
    const object = value === undefined ? this.#restamped(previous!, revision) : this.#readable(key, { value, revision, ...(problem === undefined ? {} : { problem }) }, own)
    if (object === undefined) {
      this.#loseHistory(revision)
      return undefined
    }
    this.#changes += 1
    if (previous !== undefined) this.#objectBytes -= previous.bytes.length
    if (value !== undefined) this.#objectBytes += object.bytes.length
    if (value === undefined) {
      this.#objects.delete(key)
      this.#dropKey(key)
    } else {
      this.#objects.set(key, object)
      if (previous === undefined) this.#addKey(key)
    }
    const event: CacheEvent = { revision, at: this.#clock.monotonic(), object, previous, deleted: value === undefined, frames: new Map() }
    this.#lastChange = revision
    this.#remember(event)
    for (const watcher of this.watchers) watcher.offer(event)
    return event
  }

  /** A value that could not be read can be now, without having been written anew. */
  mend(key: string, stored: StoredBytes): CacheEvent | undefined {
    const previous = this.#objects.get(key)
    const object = this.#readable(key, stored)
    if (object === undefined) return undefined
    this.#unreadable.delete(key)
    this.#objectBytes += object.bytes.length - (previous?.bytes.length ?? 0)
    this.#objects.set(key, object)
    if (previous === undefined) this.#addKey(key)
    this.#loseHistory(this.#lastChange)
    return { revision: stored.revision, at: this.#clock.monotonic(), object, previous, deleted: false, frames: new Map() }
  }

  /** Changes after the revision, or undefined when some of them are no longer known (RC3). */
  since(revision: number): readonly CacheEvent[] | undefined {
    if (revision < this.#windowRevision) return undefined
    let low = this.#windowStart
    let high = this.#window.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#window[middle]!.revision > revision) high = middle
      else low = middle + 1
    }
    return this.#window.slice(low)
  }

  /** Undefined when it cannot be read, which is noted (RC5). */
  #readable(key: string, stored: StoredBytes, own?: OwnWrite): CachedObject | undefined {
    try {
      return this.#cached(key, stored, own)
    } catch (error) {
      if (!(error instanceof ValueNotReadableError)) throw error
      this.#unreadable.set(key, { revision: stored.revision, problem: error })
      return undefined
    }
  }

  /** What happened up to the revision is no longer told, neither to those who watch nor to those who would go on from before. */
  #loseHistory(revision: number): void {
    this.#window = []
    this.#windowStart = 0
    this.#windowBytes = 0
    this.#windowRevision = revision
    this.#lastChange = revision
    for (const watcher of [...this.watchers]) watcher.expire()
  }

  #cached(key: string, stored: StoredBytes, own?: OwnWrite): CachedObject {
    const { revision } = stored
    const read: Omit<ReadObject, 'isStale'> & { readonly isStale?: boolean } = own === undefined || this.spec.read !== undefined || stored.problem !== undefined
      ? readStored(this.spec, stored)
      : { bytes: own.servedAt(revision, this.spec.form), object: own.object }
    const { bytes, object } = read
    const labels = object.metadata.labels
    return {
      key,
      revision,
      bytes,
      labels: labels === undefined ? emptyLabels : this.#internLabels(labels),
      fields: this.spec.fieldsOf(object).map(text => this.#intern(text)),
      ...(read.isStale === true ? { isStale: true } : {}),
    }
  }

  /** The last state of a deleted object, at the revision of its deletion. */
  #restamped(last: CachedObject, revision: number): CachedObject {
    const object = decodeServed(last.bytes)
    object.metadata.resourceVersion = String(revision)
    const { kind, apiVersion, metadata, ...rest } = object
    return { ...last, revision, bytes: Buffer.from(JSON.stringify({ kind, apiVersion, metadata, ...rest })) }
  }

  #internLabels(labels: Record<string, string>): Readonly<Record<string, string>> {
    const interned: Record<string, string> = {}
    for (const name of Object.keys(labels)) interned[this.#intern(name)] = this.#intern(labels[name]!)
    return interned
  }

  #intern(text: string): string {
    if (text === '' || text.length > 64) return text
    const known = this.#interned.get(text)
    if (known !== undefined) return known
    if (this.#interned.size > 5_000) this.#interned.clear()
    this.#interned.set(text, text)
    return text
  }

  #remember(event: CacheEvent): void {
    this.#window.push(event)
    this.#windowBytes += event.object.bytes.length
    const oldest = event.at - windowMaxAgeMs
    while (this.windowSize > windowMinEvents) {
      const first = this.#window[this.#windowStart]!
      if (this.windowSize <= windowMaxEvents && this.#windowBytes <= windowMaxBytes && first.at >= oldest) break
      this.#windowBytes -= first.object.bytes.length
      this.#windowRevision = first.revision
      this.#window[this.#windowStart++] = undefined as unknown as CacheEvent
    }
    if (this.#windowStart > 1_000 && this.#windowStart > this.#window.length / 2) {
      this.#window = this.#window.slice(this.#windowStart)
      this.#windowStart = 0
    }
  }

  #sortedKeys(): readonly string[] {
    if (!this.#keysSorted) this.#keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    this.#keysSorted = true
    return this.#keys
  }

  #addKey(key: string): void {
    if (this.#keysSorted && (this.#keys.length === 0 || this.#keys.at(-1)! < key)) this.#keys.push(key)
    else if (this.#keysSorted) this.#keys.splice(lowerBound(this.#keys, key), 0, key)
    else this.#keys.push(key)
  }

  #dropKey(key: string): void {
    const keys = this.#sortedKeys() as string[]
    const at = lowerBound(keys, key)
    if (keys[at] === key) keys.splice(at, 1)
  }
}
