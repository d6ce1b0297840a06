/**
 * The process that stands by (see base/standby.ts for what for).
 *
 *   SB1  Until it is told to go on it knows nothing of the node it will serve; it says when all its code is loaded and it
 *        has rehearsed.
 *   SB2  It goes on with the words that were left for it, as if it had been started with them. One that is started when it
 *        has already been told does not stand by at all.
 *   SB3  It goes on only if its random generators are certain to draw fresh entropy; otherwise it ends, so that its
 *        supervisor starts it afresh.
 *   SB4  Where words for a rehearsal were left, it first does with them what it will do later, until it is told that this
 *        is enough, and lets go of everything again.
 */
import { existsSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { mustReseed, standbyFiles } from '../base/standby.ts'

/** Plays the component with these words until `enough`; ends when everything it opened is closed. */
export type Rehearse = (words: readonly string[], enough: Promise<void>) => Promise<void>

/** @returns its command line; undefined where it must not go on (SB3) */
export async function standBy(path: string, now: () => number, rehearse: Rehearse): Promise<readonly string[] | undefined> {
  const files = standbyFiles(path)
  if (!existsSync(files.go)) {
    if (existsSync(files.rehearsal)) await rehearse(readWords(files.rehearsal), untilThere(files.rehearsed)) // SB4
    writeFileSync(files.ready, '')
    const stoodByMs = now()
    await untilThere(files.go)
    if (!mustReseed(stoodByMs, now())) return undefined
  }
  return readWords(files.words) // SB2
}

function readWords(file: string): readonly string[] {
  return JSON.parse(readFileSync(file, 'utf8')) as readonly string[]
}

async function untilThere(file: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const look = (): void => { if (existsSync(file)) resolve() }
  const watcher = watch(dirname(file), look)
  look()
  await promise
  watcher.close()
}
