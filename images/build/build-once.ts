/**
 * A folder made once, whole or not at all.
 *
 *   BO1  The maker works in a folder of its own; only a finished one gets the final name, by rename.
 *   BO2  Two processes that want the same folder make it once: the second waits for the first.
 *   BO3  A maker that died leaves a lock whose process is gone; the next one takes it over and clears its remains.
 *   BO4  When the maker fails or is cancelled, what it made is removed before the error is passed on.
 */
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { asBuildError } from './build-error.ts'

export interface BuildOnceOptions {
  readonly signal?: AbortSignal | undefined
  /** Called once when another process is already making it. */
  readonly onWait?: () => void
}

/** Returns true when the folder was made now, false when it was there. */
export async function buildOnce(folder: string, make: (work: string) => Promise<void>, options: BuildOnceOptions = {}): Promise<boolean> {
  if (await exists(folder)) return false
  await mkdir(dirname(folder), { recursive: true })
  const work = `${folder}.partial`
  const lock = `${folder}.lock`
  let waited = false
  while (!(await takeLock(lock))) {
    options.signal?.throwIfAborted()
    if (!waited) options.onWait?.()
    waited = true
    await sleep(250, undefined, { signal: options.signal })
  }
  try {
    if (await exists(folder)) return false // BO2
    await rm(work, { recursive: true, force: true }) // BO3
    await mkdir(work)
    try {
      await make(work)
      await rename(work, folder) // BO1
    } catch (error) {
      await rm(work, { recursive: true, force: true }) // BO4
      throw asBuildError(error, dirname(folder))
    }
    return true
  } finally {
    await rm(lock, { force: true })
  }
}

async function takeLock(lock: string): Promise<boolean> {
  try {
    const file = await open(lock, 'wx')
    await file.writeFile(String(process.pid))
    await file.close()
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw asBuildError(error, dirname(lock))
  }
  const owner = Number(await readFile(lock, 'utf8').catch(() => '0'))
  if (owner > 0 && isAlive(owner)) return false
  if (owner === 0 && !(await isOld(lock))) return false // the owner is just writing its number
  await rm(lock, { force: true }) // BO3
  return false
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > 5_000
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
