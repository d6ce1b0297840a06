/** A log that lasts as long as the object: for tests. Closing it keeps what it holds, so that it can be replayed. */
import type { Version } from '../mvcc/key-history.ts'
import type { Log, LogEntry, LogSize, LogVisitor } from './log.ts'

export class MemoryLog implements Log {
  readonly #versions = new Map<number, { readonly version: Version; readonly value: Uint8Array }>()
  readonly #leases = new Map<bigint, number>()
  readonly #facts = new Map<string, string>()
  /** How many batches were written and how many syncs asked for. */
  readonly asked = { writes: 0, syncs: 0 }
  #failure: Error | undefined
  #usedBytes = 0

  /** Every write and sync from now on fails. */
  failWith(error: Error): void {
    this.#failure = error
  }

  replay(visitor: LogVisitor): void {
    for (const [name, value] of this.#facts) visitor.fact(name, value)
    for (const [id, ttlSeconds] of this.#leases) visitor.lease(id, ttlSeconds)
    for (const { version } of this.#versions.values()) visitor.version(version)
  }

  write(batch: readonly LogEntry[]): void {
    if (this.#failure !== undefined) throw this.#failure
    this.asked.writes++
    for (const entry of batch) this.#keep(entry)
  }

  sync(): Promise<void> {
    this.asked.syncs++
    return this.#failure === undefined ? Promise.resolve() : Promise.reject(this.#failure)
  }

  value(position: number): Uint8Array {
    const found = this.#versions.get(position)
    if (found === undefined) throw new RangeError(`nothing at position ${String(position)}`)
    return found.value
  }

  size(): LogSize {
    return { totalBytes: this.#usedBytes, usedBytes: this.#usedBytes }
  }

  defragment(): void {}

  snapshot(): Promise<never> {
    return Promise.reject(new Error('a log in memory has no snapshot'))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #keep(entry: LogEntry): void {
    switch (entry.kind) {
      case 'version':
        this.#versions.set(entry.version.position, { version: entry.version, value: Uint8Array.from(entry.value) })
        this.#usedBytes += entry.version.key.length + entry.value.length
        break
      case 'forget':
        for (const position of entry.positions) {
          const gone = this.#versions.get(position)
          if (gone !== undefined) this.#usedBytes -= gone.version.key.length + gone.value.length
          this.#versions.delete(position)
        }
        break
      case 'lease': this.#leases.set(entry.id, entry.ttlSeconds); break
      case 'lease-gone': this.#leases.delete(entry.id); break
      case 'fact': this.#facts.set(entry.name, entry.value); break
    }
  }
}
