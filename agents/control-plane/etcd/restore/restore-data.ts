/**
 * Puts an earlier database back into a data folder, as `etcdutl snapshot restore --bump-revision --mark-compacted` does it
 * (upstream: etcdutl/snapshot/v3_snapshot.go; the reason is told in kubernetes/enhancements and etcd's recovery guide).
 *
 * Revisions never come back with other content: the restored store goes on beyond the newest revision that the replaced one
 * had given out, and everything before is compacted. So a client that remembers a revision of the undone time, or watches from
 * one, is told `compacted` (410 Gone in Kubernetes) and lists again; it can never be given other events under the same number.
 * Keys keep the revisions at which they were written: what did not change keeps its resourceVersion.
 *
 *   RD1  The data folder is replaced by renaming. After a crash at any moment the call can be repeated, and still finds the
 *        newest revision: in the folder, or in the one it was moved away to.
 *   RD2  The earlier database may have been copied from a stopped process: it is the file and its write-ahead log.
 *   RD3  Where there was no store before, nothing was given out, and the revision stays.
 */
import { copyFileSync, existsSync, mkdirSync, constants, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { databaseFile } from '../log/database-file.ts'
import type { Log } from '../log/log.ts'
import { SqliteLog } from '../log/sqlite-log.ts'

export interface RestoredData {
  /** Newest revision of the earlier database. */
  readonly savedRevision: bigint
  /** Where the store goes on. */
  readonly revision: bigint
}

/** Room between the newest revision that was seen and the first after it, for one that was given out while it was read. */
const margin = 1_000n

/** @param from folder with the earlier database */
export async function restoreData(from: string, dataFolder: string): Promise<RestoredData> {
  if (!existsSync(join(from, databaseFile))) throw new Error(`there is no ${databaseFile} in ${from}`)
  const made = `${dataFolder}.restored`
  const undone = `${dataFolder}.undone`
  const before = (await Promise.all([dataFolder, undone].map(newestIn))).filter(revision => revision !== undefined) // RD1
  rmSync(made, { recursive: true, force: true })
  mkdirSync(made, { recursive: true, mode: 0o700 })
  for (const file of [databaseFile, `${databaseFile}-wal`]) if (existsSync(join(from, file))) copyFileSync(join(from, file), join(made, file), constants.COPYFILE_FICLONE) // RD2
  const log = new SqliteLog(join(made, databaseFile))
  const savedRevision = newestRevision(log)
  const revision = before.reduce((newest, given) => (given + margin > newest ? given + margin : newest), savedRevision)
  if (revision > savedRevision) await goOnBeyond(log, revision) // RD3
  await log.close()
  if (existsSync(dataFolder)) {
    rmSync(undone, { recursive: true, force: true })
    renameSync(dataFolder, undone)
  }
  renameSync(made, dataFolder)
  rmSync(undone, { recursive: true, force: true })
  return { savedRevision, revision }
}

/** What was given out last: the newest write, or a compaction beyond it. */
export function newestRevision(log: Log): bigint {
  let newest = 1n
  const see = (revision: bigint): void => { if (revision > newest) newest = revision }
  log.replay({ fact: (name, value) => { if (name === 'compacted') see(BigInt(value)) }, lease: () => {}, version: ({ main }) => { see(main) } })
  return newest
}

/** A store that is opened on it is at this revision, and compacted there. */
export async function goOnBeyond(log: Log, revision: bigint): Promise<void> {
  log.write([{ kind: 'fact', name: 'compacted', value: String(revision) }])
  await log.sync()
}

async function newestIn(folder: string): Promise<bigint | undefined> {
  if (!existsSync(join(folder, databaseFile))) return undefined
  const log = new SqliteLog(join(folder, databaseFile))
  try {
    return newestRevision(log)
  } finally {
    await log.close()
  }
}
