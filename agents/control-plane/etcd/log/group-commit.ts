/**
 * Turns many writes into few flushes. Entries given while a flush is under way form the next batch, so that under load
 * one flush pays for everything that arrived during the one before.
 *
 *   GC1  `durable()` resolves when everything added before it is durable; at once if it already is.
 *   GC2  `onDurable` is told of each batch after its flush and before any waiter of that batch goes on.
 *   GC3  After a failure every waiter, present and future, is refused and `onFailure` is told once.
 */
import type { Log, LogEntry } from './log.ts'

export interface GroupCommitOptions {
  readonly log: Log
  /** Runs a callback soon, but after the requests already at hand: setImmediate, in the real process. */
  readonly soon: (callback: () => void) => void
  readonly onDurable: () => void
  readonly onFailure: (error: Error) => void
}

interface Batch {
  readonly entries: LogEntry[]
  readonly marks: (() => void)[]
  readonly done: PromiseWithResolvers<void>
}

export class GroupCommit {
  readonly #options: GroupCommitOptions
  #gathering: Batch | undefined
  #flushing: Batch | undefined
  #failure: Error | undefined
  readonly counters = { batches: 0, entries: 0 }

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  get isIdle(): boolean {
    return this.#gathering === undefined && this.#flushing === undefined && this.#failure === undefined
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  /** The entries enter the log together. `mark` runs when they are durable, before onDurable. */
  add(entries: readonly LogEntry[], mark?: () => void): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#gathering === undefined) {
      this.#gathering = newBatch()
      if (this.#flushing === undefined) this.#options.soon(() => { void this.#flush() })
    }
    for (const entry of entries) this.#gathering.entries.push(entry)
    if (mark !== undefined) this.#gathering.marks.push(mark)
  }

  durable(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return (this.#gathering ?? this.#flushing)?.done.promise ?? Promise.resolve()
  }

  async #flush(): Promise<void> {
    while (this.#gathering !== undefined && this.#failure === undefined) {
      const batch = this.#gathering
      this.#gathering = undefined
      this.#flushing = batch
      try {
        this.#options.log.write(batch.entries)
        await this.#options.log.sync()
      } catch (error) {
        this.#fail(error instanceof Error ? error : new Error(String(error)), batch)
        return
      }
      this.#flushing = undefined
      this.counters.batches++
      this.counters.entries += batch.entries.length
      for (const mark of batch.marks) mark()
      this.#options.onDurable() // GC2
      batch.done.resolve()
    }
  }

  #fail(error: Error, batch: Batch): void {
    this.#failure = error
    batch.done.reject(error)
    this.#gathering?.done.reject(error)
    this.#gathering = undefined
    this.#flushing = undefined
    this.#options.onFailure(error)
  }
}

function newBatch(): Batch {
  const done = Promise.withResolvers<void>()
  done.promise.catch(() => {}) // a batch nobody waits for may fail too
  return { entries: [], marks: [], done }
}
