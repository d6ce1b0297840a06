/**
 * Everything the store remembers about one key: its versions, oldest first, since the last compaction.
 *
 * Worked example. Key "a" is put at revisions 2 and 4, deleted at 5, put at 8:
 *
 *     main  create  version
 *       2      2       1
 *       4      2       2
 *       5      0       0      a tombstone: version 0
 *       8      8       1      created anew
 *
 *   at revision 3 → 2;  at 4 → 4;  at 5, 6, 7 → nothing;  now → 8
 *   compacted at 4: 2 goes, because 4 answers for revision 4 and nobody may ask for less
 *   compacted at 5: 2 and 4 go; the tombstone stays, so that a watch from revision 5 still sees the deletion
 *   compacted at 6: the tombstone goes too; at revision 6 the key is simply not there
 *
 *   KH1  Versions of a key have strictly growing main revisions: one transaction changes a key once.
 *   KH2  Compacting at C keeps the newest version with main <= C, unless it is a tombstone older than C.
 */
export interface Version {
  readonly key: string
  /** The revision that made it. */
  readonly main: bigint
  /** Its place among the changes of that revision, from 0. */
  readonly sub: number
  /** 0n in a tombstone. */
  readonly createRevision: bigint
  /** How many times the key was put since it was created; 0 in a tombstone. */
  readonly version: number
  /** 0n: none. */
  readonly lease: bigint
  /** Its place in the log; the value is found there. */
  readonly position: number
}

export function isTombstone(version: Version): boolean {
  return version.version === 0
}

export class KeyHistory {
  readonly #versions: Version[] = []

  get newest(): Version | undefined {
    return this.#versions.at(-1)
  }

  get isEmpty(): boolean {
    return this.#versions.length === 0
  }

  get versions(): readonly Version[] {
    return this.#versions
  }

  add(version: Version): void {
    this.#versions.push(version)
  }

  /** The newest version with main <= revision, tombstones included. */
  at(revision: bigint): Version | undefined {
    return this.#versions[this.#lastUpTo(revision)]
  }

  /** Drops what compaction at this revision makes unreachable (KH2) and tells what was dropped. */
  compact(revision: bigint): Version[] {
    const last = this.#lastUpTo(revision)
    const kept = this.#versions[last]
    if (kept === undefined) return []
    const keepIt = !isTombstone(kept) || kept.main === revision
    return this.#versions.splice(0, keepIt ? last : last + 1)
  }

  #lastUpTo(revision: bigint): number {
    const versions = this.#versions
    let high = versions.length - 1
    if (high < 0 || versions[high]!.main <= revision) return high
    let low = -1
    while (low + 1 < high) {
      const middle = (low + high) >> 1
      if (versions[middle]!.main <= revision) low = middle
      else high = middle
    }
    return low
  }
}
