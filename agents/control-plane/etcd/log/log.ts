/**
 * The durable half of the store, behind the narrowest waist it can have: an ordered list of entries, written in
 * batches, read once at start, with values read back one at a time.
 *
 *   LG1  A batch is atomic: after a crash either all of its entries are there or none.
 *   LG2  What `write` was given before `sync` was called is durable when that sync resolves.
 *   LG3  `replay` tells versions in the order of their positions, and of leases and facts only what still holds.
 *   LG4  `value` answers for every version written and not forgotten, durable or not.
 *   LG5  A failed write or sync is final: the log refuses everything after it, because nobody knows what the disk
 *        holds; the process ends and the next one replays.
 */
import type { Version } from '../mvcc/key-history.ts'

export type LogEntry =
  | { readonly kind: 'version'; readonly version: Version; readonly value: Uint8Array }
  /** These versions are not needed any more. */
  | { readonly kind: 'forget'; readonly positions: readonly number[] }
  | { readonly kind: 'lease'; readonly id: bigint; readonly ttlSeconds: number }
  | { readonly kind: 'lease-gone'; readonly id: bigint }
  /** One of a few named values, such as the compacted revision. */
  | { readonly kind: 'fact'; readonly name: string; readonly value: string }

export interface LogVisitor {
  fact(name: string, value: string): void
  lease(id: bigint, ttlSeconds: number): void
  version(version: Version): void
}

export interface LogSize {
  /** What the file occupies. */
  readonly totalBytes: number
  /** What of it holds data. */
  readonly usedBytes: number
}

export interface Log {
  replay(visitor: LogVisitor): void
  write(batch: readonly LogEntry[]): void
  sync(): Promise<void>
  value(position: number): Uint8Array
  size(): LogSize
  /** Gives free space back to the file system. */
  defragment(): void
  /** A copy of everything durable, as bytes another log of this kind can be opened with. */
  snapshot(): Promise<{ readonly sizeBytes: number; readonly chunks: AsyncIterable<Uint8Array> }>
  close(): Promise<void>
}
