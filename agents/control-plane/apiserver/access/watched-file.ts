/**
 * Files that may be replaced while the server runs: certificates, keys, authorities, configuration.
 *
 *   WF1  A file is looked at every two seconds; only when its time, size or identity has changed is it read.
 *   WF2  What cannot be read, or is refused by whoever asked, leaves the last good content in place and is logged, once
 *        for each change.
 */
import { readFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { Log } from '../../../base/log.ts'

const everyMs = 2_000

export interface FileWatching {
  readonly clock: Clock
  readonly log: Log
  readonly signal: AbortSignal
}

/** Calls back after any of the files has changed, until the signal aborts. */
export function watchFiles(files: readonly string[], onChange: () => void | Promise<void>, { clock, log, signal }: FileWatching): void {
  const look = async () => {
    let seen = await Promise.all(files.map(marks))
    for (;;) {
      await sleep(clock, everyMs, signal)
      const now = await Promise.all(files.map(marks))
      if (now.every((mark, index) => mark === seen[index])) continue // WF1
      seen = now
      try {
        await onChange()
        log.info('files read again', { files })
      } catch (error) {
        log.error('changed files cannot be used', { files, error: errorText(error) }) // WF2
      }
    }
  }
  look().catch((error: unknown) => {
    if (!signal.aborted) log.error('files are not watched any more', { files, error: errorText(error) })
  })
}

async function marks(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file)
    return `${mtimeMs} ${size} ${ino}`
  } catch {
    return 'missing'
  }
}

export function readNamedFile(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Error(`cannot read ${file}: ${(error as NodeJS.ErrnoException).code ?? errorText(error)}`)
  }
}
