/**
 * Rotates container logs that have grown too large.
 *
 *   LR1  A log larger than maxBytes is renamed to <file>.<YYYYMMDD-HHMMSS> and the runtime opens a new one.
 *   LR2  Of one container at most maxFiles files are kept, the present one counted; the oldest go.
 */
import { readdir, rename, stat, unlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { sleep, type Clock } from '../../../base/clock.ts'
import { errorText, type Log } from '../../../base/log.ts'
import type { Runtime } from '../cri/runtime.ts'
import type { PodWorkers } from '../pod-worker/pod-workers.ts'

export interface LogRotationDeps {
  readonly runtime: Pick<Runtime, 'reopenLog'>
  readonly workers: PodWorkers
  readonly clock: Clock
  readonly log: Log
  readonly maxBytes: number
  readonly maxFiles: number
}

const lookEveryMs = 10_000

export async function keepLogsShort(deps: LogRotationDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(deps.clock, lookEveryMs, signal).catch(() => {})
    for (const worker of deps.workers.all) {
      for (const container of worker.observed.containers) {
        if (signal.aborted) return
        if (container.state === 'running' && container.logPath !== '') await rotateLog(container.id, container.logPath, deps).catch(error => { deps.log.warn('log was not rotated', { path: container.logPath, error: errorText(error) }) })
      }
    }
  }
}

export async function rotateLog(containerId: string, path: string, deps: Pick<LogRotationDeps, 'runtime' | 'clock' | 'maxBytes' | 'maxFiles'>): Promise<boolean> {
  const info = await stat(path).catch(() => undefined)
  if (info === undefined || info.size < deps.maxBytes) return false
  const name = basename(path)
  const old = (await readdir(dirname(path))).filter(other => other.startsWith(`${name}.`)).sort()
  for (const other of old.slice(0, Math.max(0, old.length - deps.maxFiles + 2))) await unlink(join(dirname(path), other)) // LR2
  const stamp = new Date(deps.clock.now()).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  const rotated = `${path}.${stamp}`
  await rename(path, rotated)
  try {
    await deps.runtime.reopenLog(containerId)
  } catch (error) {
    await rename(rotated, path) // LR1: the runtime goes on writing to the same file
    throw error
  }
  return true
}
