/**
 * All keys with their histories, and all changes in order since the last compaction. Knows no values: those are found
 * in the log by position.
 *
 *   KS1  The empty store is at revision 1, as in etcd; the first write makes 2.
 *   KS2  Everything added belongs to the revision being made (revision + 1) until `advance` makes it current.
 *   KS3  Reads at a revision below the compacted one, or above the current one, are the caller's to refuse.
 */
import { isTombstone, KeyHistory, type Version } from './key-history.ts'
import type { KeySpan } from './key-bytes.ts'
import { SortedMap } from './sorted-map.ts'

export class KeySpace {
  readonly #keys = new SortedMap<KeyHistory>()
  /** In order of (main, sub), from the compacted revision on. */
  #changes: Version[] = []
  #revision = 1n
  #compacted = 0n
  #nextPosition = 1
  #liveKeys = 0

  get revision(): bigint {
    return this.#revision
  }

  /** 0n: never compacted. */
  get compacted(): bigint {
    return this.#compacted
  }

  /** Keys that exist now. */
  get liveKeys(): number {
    return this.#liveKeys
  }

  /** Keys that exist now or did since the compaction. */
  get knownKeys(): number {
    return this.#keys.size
  }

  get rememberedChanges(): number {
    return this.#changes.length
  }

  takePosition(): number {
    return this.#nextPosition++
  }

  add(version: Version): void {
    let history = this.#keys.get(version.key)
    if (history === undefined) {
      history = new KeyHistory()
      this.#keys.set(version.key, history)
    }
    const before = history.newest
    const wasLive = before !== undefined && !isTombstone(before)
    this.#liveKeys += Number(!isTombstone(version)) - Number(wasLive)
    history.add(version)
    this.#changes.push(version)
    if (version.position >= this.#nextPosition) this.#nextPosition = version.position + 1
  }

  advance(revision: bigint): void {
    if (revision < this.#revision) throw new RangeError('the revision never goes back')
    this.#revision = revision
  }

  /** What the key holds at a revision, or now. */
  live(key: string, revision?: bigint): Version | undefined {
    return liveAt(this.#keys.get(key), revision)
  }

  history(key: string): readonly Version[] {
    return this.#keys.get(key)?.versions ?? []
  }

  /** Visits what exists in the span at a revision, or now, in key order. */
  scan(span: KeySpan, revision: bigint | undefined, visit: (version: Version) => boolean | void): void {
    this.#keys.scan(span.start, span.end, history => {
      const version = liveAt(history, revision)
      return version === undefined ? undefined : visit(version)
    })
  }

  /** Every remembered version, in key order. */
  scanVersions(visit: (version: Version) => void): void {
    this.#keys.scan('', undefined, history => { history.versions.forEach(visit) })
  }

  /** What the key held just before this change; undefined if nothing, or if that has been compacted. */
  before(change: Version): Version | undefined {
    const previous = change.main - 1n
    return previous < this.#compacted ? undefined : this.live(change.key, previous)
  }

  /** Where in `changes` the first change at or after the revision is. */
  changeIndex(revision: bigint): number {
    let low = 0
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#changes[middle]!.main < revision) low = middle + 1
      else high = middle
    }
    return low
  }

  get changes(): readonly Version[] {
    return this.#changes
  }

  /** Forgets everything that only revisions below this one could show; tells what went. */
  compact(revision: bigint): Version[] {
    this.#compacted = revision
    // A key has something to drop only if it was changed since the last compaction, whose leftovers are in `changes` too.
    const changed = new Set<string>()
    for (const change of this.#changes) {
      if (change.main > revision) break
      changed.add(change.key)
    }
    const dropped: Version[] = []
    for (const key of changed) {
      const history = this.#keys.get(key)
      if (history === undefined) continue
      for (const version of history.compact(revision)) dropped.push(version)
      if (history.isEmpty) this.#keys.delete(key)
    }
    this.#changes = this.#changes.slice(this.changeIndex(revision))
    return dropped
  }
}

function liveAt(history: KeyHistory | undefined, revision: bigint | undefined): Version | undefined {
  const version = revision === undefined ? history?.newest : history?.at(revision)
  return version === undefined || isTombstone(version) ? undefined : version
}
