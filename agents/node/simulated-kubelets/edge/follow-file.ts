/** Tells the text of a file whenever it was replaced. Looks, since a watch of the file system loses renames on some systems. */
import { readFileSync, statSync } from 'node:fs'
import type { Clock } from '../../../base/clock.ts'

const everyMs = 200

export function followFile(path: string, clock: Clock, signal: AbortSignal, tell: (text: string) => void): void {
  let seen = stampOf(path)
  const look = () => {
    if (signal.aborted) return
    const stamp = stampOf(path)
    if (stamp !== undefined && stamp !== seen) {
      seen = stamp
      tell(readFileSync(path, 'utf8'))
    }
    timer = clock.after(everyMs, look)
  }
  let timer = clock.after(everyMs, look)
  signal.addEventListener('abort', () => { timer[Symbol.dispose]() }, { once: true })
}

function stampOf(path: string): string | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found === undefined ? undefined : `${found.ino}/${found.mtimeMs}/${found.size}`
}
