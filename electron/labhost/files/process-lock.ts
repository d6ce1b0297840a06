/**
 * A lock of one process on something of this desktop: a home has one lab host, a port that is not bound yet one claimant.
 * It holds a process id and its start time; a lock whose process is gone is taken over, so a killed lab host never has to
 * be cleaned up after.
 */
import { closeSync, linkSync, openSync, rmSync, writeSync } from 'node:fs'
import { type ProcessIdentity, identityOf, isAlive } from './process-identity.ts'
import { readJsonIfAny } from './private-files.ts'

export function takeLock(path: string): { readonly taken: true } | { readonly taken: false; readonly by: ProcessIdentity } {
  const own = identityOf(process.pid) ?? { pid: process.pid, startTicks: 0 }
  const mine = `${path}.${own.pid}`
  const fd = openSync(mine, 'w', 0o600)
  writeSync(fd, JSON.stringify(own))
  closeSync(fd)
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        linkSync(mine, path) // fails if it exists: only one can win
        return { taken: true }
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = readJsonIfAny<ProcessIdentity>(path)
      if (holder !== undefined && isAlive(holder)) return { taken: false, by: holder }
      rmSync(path, { force: true })
    }
    throw new Error(`the lock ${path} could not be taken`)
  } finally {
    rmSync(mine, { force: true })
  }
}

export function releaseLock(path: string): void {
  if (readJsonIfAny<ProcessIdentity>(path)?.pid === process.pid) rmSync(path, { force: true })
}
