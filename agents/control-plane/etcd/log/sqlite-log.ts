/**
 * The log as a table in SQLite, with the wait for the disk taken off the thread that answers requests.
 *
 * A batch is one SQLite transaction, which lands in the write-ahead log file (-wal) without being flushed. `sync` then
 * flushes that file with an asynchronous fdatasync. A flush concerns the file, not the descriptor it is asked through,
 * so a second descriptor on the -wal serves. Locks are not disturbed: SQLite's locks are on the database file, which
 * is never opened a second time here.
 *
 * Crash: SQLite keeps of the -wal everything up to the last transaction whose checksums hold, so a flushed transaction
 * is kept with all before it, and one that was torn is dropped whole (LG1, LG2). The checkpoint, which copies the -wal
 * into the database file, flushes both in the right order by itself (synchronous=NORMAL does exactly this). The -wal is
 * then written over from its start, not truncated: flushing a file that does not grow takes half the time.
 *
 * Tried first: synchronous=FULL. Equally durable, 0.28 ms a commit here, but every commit stops the process for as long
 * as the disk takes: one slow disk flush would stop all watches. A worker thread cures that for 10 MB more memory.
 */
import { closeSync, createReadStream, fdatasync, fsyncSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Version } from '../mvcc/key-history.ts'
import { keyFromBytes, keyToBytes } from '../mvcc/key-bytes.ts'
import type { Log, LogEntry, LogSize, LogVisitor } from './log.ts'

/** Larger checkpoints are rarer but stop everything for longer: 4 MB is about 10 ms here. */
const checkpointBytes = 4 * 1024 * 1024
const schemaVersion = 1

const schema = `
  CREATE TABLE IF NOT EXISTS version (
    position INTEGER PRIMARY KEY, main INTEGER NOT NULL, sub INTEGER NOT NULL, created INTEGER NOT NULL,
    version INTEGER NOT NULL, lease INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL
  );
  CREATE TABLE IF NOT EXISTS lease (id INTEGER PRIMARY KEY, ttl INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  PRAGMA user_version = ${String(schemaVersion)};
`

export class SqliteLog implements Log {
  readonly #path: string
  readonly #database: DatabaseSync
  readonly #statements: Statements
  readonly #walFile: number
  #walBytes = 0
  #failure: Error | undefined

  /** Opens or makes the database; throws when it is in use by another process or not ours. */
  constructor(path: string) {
    this.#path = path
    this.#database = new DatabaseSync(path)
    this.#database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -2048')
    const found = Number(this.#database.prepare('PRAGMA user_version').get()?.['user_version'])
    if (found > schemaVersion) throw new Error(`${path} was written by a newer version of this program (format ${String(found)}, known ${String(schemaVersion)})`)
    if (found < schemaVersion) this.#database.exec(`BEGIN; ${schema} COMMIT`)
    this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    this.#database.exec('BEGIN IMMEDIATE; COMMIT') // takes the lock for good, before anything is promised
    this.#statements = prepareStatements(this.#database)
    this.#walFile = openSync(`${path}-wal`, 'r+') // Windows flushes only what it may write
    syncDirectory(dirname(path))
  }

  replay(visitor: LogVisitor): void {
    for (const row of this.#database.prepare('SELECT name, value FROM fact').iterate()) visitor.fact(String(row['name']), String(row['value']))
    const leases = this.#database.prepare('SELECT id, ttl FROM lease')
    leases.setReadBigInts(true)
    for (const row of leases.iterate()) visitor.lease(row['id'] as bigint, Number(row['ttl']))
    const versions = this.#database.prepare('SELECT position, main, sub, created, version, lease, key FROM version ORDER BY position')
    versions.setReadBigInts(true)
    versions.setReturnArrays(true)
    for (const row of versions.iterate() as Iterable<unknown>) visitor.version(versionOf(row as VersionRow))
  }

  write(batch: readonly LogEntry[]): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      this.#database.exec('BEGIN')
      for (const entry of batch) this.#put(entry)
      this.#database.exec('COMMIT')
      this.#walBytes += batch.reduce((sum, entry) => sum + (entry.kind === 'version' ? entry.value.length + 4096 : 4096), 0)
    } catch (error) {
      throw this.#fail(error)
    }
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure)
        return
      }
      fdatasync(this.#walFile, error => {
        if (error !== null) {
          reject(this.#fail(error))
          return
        }
        resolve()
        if (this.#walBytes > checkpointBytes) this.#checkpoint('PASSIVE')
      })
    })
  }

  value(position: number): Uint8Array {
    const row = this.#statements.value.get(position) as { value: Uint8Array } | undefined
    if (row === undefined) throw new RangeError(`nothing at position ${String(position)}`)
    return row.value
  }

  size(): LogSize {
    const row = this.#statements.size.get() as { pages: number; free: number; bytes: number }
    return { totalBytes: row.pages * row.bytes, usedBytes: (row.pages - row.free) * row.bytes }
  }

  defragment(): void {
    this.#database.exec('VACUUM')
    this.#checkpoint('TRUNCATE')
  }

  async snapshot(): Promise<{ sizeBytes: number; chunks: AsyncIterable<Uint8Array> }> {
    const folder = mkdtempSync(join(dirname(this.#path), 'snapshot-'))
    const path = join(folder, 'snapshot.db')
    this.#database.prepare('VACUUM INTO ?').run(path)
    return { sizeBytes: statSync(path).size, chunks: readAndRemove(path, folder) }
  }

  close(): Promise<void> {
    closeSync(this.#walFile)
    this.#database.close()
    return Promise.resolve()
  }

  #checkpoint(mode: 'PASSIVE' | 'TRUNCATE'): void {
    try {
      this.#database.exec(`PRAGMA wal_checkpoint(${mode})`)
      this.#walBytes = 0
    } catch (error) {
      this.#fail(error) // nothing acknowledged is lost, but the next write will be refused (LG5)
    }
  }

  #fail(error: unknown): Error {
    this.#failure ??= error instanceof Error ? error : new Error(String(error))
    return this.#failure
  }

  #put(entry: LogEntry): void {
    const statements = this.#statements
    switch (entry.kind) {
      case 'version': {
        const { position, main, sub, createRevision, version, lease, key } = entry.version
        statements.addVersion.run(position, main, sub, createRevision, version, lease, keyToBytes(key), entry.value)
        break
      }
      case 'forget': for (const position of entry.positions) statements.dropVersion.run(position); break
      case 'lease': statements.addLease.run(entry.id, entry.ttlSeconds); break
      case 'lease-gone': statements.dropLease.run(entry.id); break
      case 'fact': statements.setFact.run(entry.name, entry.value); break
    }
  }
}

type Statements = ReturnType<typeof prepareStatements>

function prepareStatements(database: DatabaseSync) {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  return {
    addVersion: prepare('INSERT INTO version (position, main, sub, created, version, lease, key, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    dropVersion: prepare('DELETE FROM version WHERE position = ?'),
    addLease: prepare('INSERT OR REPLACE INTO lease (id, ttl) VALUES (?, ?)'),
    dropLease: prepare('DELETE FROM lease WHERE id = ?'),
    setFact: prepare('INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)'),
    value: prepare('SELECT value FROM version WHERE position = ?'),
    size: prepare('SELECT page_count AS pages, freelist_count AS free, page_size AS bytes FROM pragma_page_count, pragma_freelist_count, pragma_page_size'),
  }
}

type VersionRow = [position: bigint, main: bigint, sub: bigint, created: bigint, version: bigint, lease: bigint, key: Uint8Array]

function versionOf([position, main, sub, createRevision, version, lease, key]: VersionRow): Version {
  return { key: keyFromBytes(key), main, sub: Number(sub), createRevision, version: Number(version), lease, position: Number(position) }
}

/** A file's name is durable once its folder has been flushed. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  fsyncSync(directory)
  closeSync(directory)
}

async function* readAndRemove(path: string, folder: string): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 32 * 1024 })) yield chunk as Uint8Array
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
