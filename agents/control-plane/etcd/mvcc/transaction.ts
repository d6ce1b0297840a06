/**
 * One change of the store in the making: it collects what becomes durable together and shows its own writes to its own
 * reads. Everything that can be refused has been refused before the first write, so it never needs undoing.
 *
 *   TX1  All changes of a transaction share one main revision; `sub` counts them.
 *   TX2  A transaction that changes no key makes no revision.
 */
import type { Lessor } from '../lease/lessor.ts'
import type { LogEntry } from '../log/log.ts'
import type { KeySpan } from './key-bytes.ts'
import type { Version } from './key-history.ts'
import type { KeySpace } from './key-space.ts'
import type { ValueCache } from './value-cache.ts'

const noBytes: Uint8Array = new Uint8Array(0)

export class Transaction {
  readonly #keys: KeySpace
  readonly #values: ValueCache
  readonly #lessor: Lessor
  readonly #main: bigint
  #sub = 0
  readonly entries: LogEntry[] = []

  constructor(keys: KeySpace, values: ValueCache, lessor: Lessor) {
    this.#keys = keys
    this.#values = values
    this.#lessor = lessor
    this.#main = keys.revision + 1n
  }

  /** What a read inside this transaction is at. */
  get revision(): bigint {
    return this.hasChanges ? this.#main : this.#main - 1n
  }

  /** The revision a write inside this transaction is at. */
  get writeRevision(): bigint {
    return this.#main
  }

  get hasChanges(): boolean {
    return this.#sub > 0
  }

  put(key: string, value: Uint8Array, lease: bigint): void {
    const before = this.#keys.live(key)
    const version: Version = {
      key,
      main: this.#main,
      sub: this.#sub++,
      createRevision: before?.createRevision ?? this.#main,
      version: (before?.version ?? 0) + 1,
      lease,
      position: this.#keys.takePosition(),
    }
    this.#add(version, owned(value))
    this.#lessor.move(key, before?.lease ?? 0n, lease)
  }

  /** Deletes what exists in the span; tells what it was. */
  delete(span: KeySpan): Version[] {
    const gone: Version[] = []
    this.#keys.scan(span, undefined, version => { gone.push(version) })
    for (const before of gone) {
      this.#add({ key: before.key, main: this.#main, sub: this.#sub++, createRevision: 0n, version: 0, lease: 0n, position: this.#keys.takePosition() }, noBytes)
      this.#lessor.move(before.key, before.lease, 0n)
    }
    return gone
  }

  #add(version: Version, value: Uint8Array): void {
    this.#keys.add(version)
    this.#values.add(version.position, value)
    this.entries.push({ kind: 'version', version, value })
  }
}

/** Bytes that may be kept: a small view would keep the whole network buffer it looks into. */
function owned(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength > bytes.length + 64 ? bytes.slice() : bytes
}
