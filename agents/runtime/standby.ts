/**
 * The process that stands by (see base/standby.ts for what for).
 *
 *   SB1  Until it is told to go on it has read no flag, file or secret and opened no connection; it says when all its code
 *        is loaded.
 *   SB2  It goes on with the words that were left for it, as if it had been started with them. One that is started when it
 *        has already been told does not stand by at all.
 *   SB3  It goes on only if its random generators are certain to draw fresh entropy; otherwise it ends, so that its
 *        supervisor starts it afresh.
 */
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { mustReseed, standbyFiles } from '../base/standby.ts'

/** @returns its command line; undefined where it must not go on (SB3) */
export async function standBy(path: string, now: () => number): Promise<readonly string[] | undefined> {
  const files = standbyFiles(path)
  if (!existsSync(files.go)) {
    const { promise: told, resolve } = Promise.withResolvers<void>()
    const look = (): void => { if (existsSync(files.go)) resolve() }
    const watcher = watch(dirname(path), look)
    writeFileSync(files.ready, '')
    const stoodByMs = now()
    look()
    await told
    watcher.close()
    if (!mustReseed(stoodByMs, now())) return undefined
  }
  return JSON.parse(readFileSync(files.words, 'utf8')) as readonly string[] // SB2
}
