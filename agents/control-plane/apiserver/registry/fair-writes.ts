/**
 * Writes to many watchers of one event, a little at a time.
 *
 *   FW1  Watchers that have frames are flushed in the order in which they came to have them; after a mebibyte the event loop
 *        goes round before the next.
 *   FW2  What one watcher is sent stays in order, and frames that pile up while it waits leave in one write.
 */
const bytesPerTurn = 1024 * 1024

/** Writes out what waits, and says how much it was. */
type Flush = () => number

const due: Flush[] = []
let isRunning = false

export function flushSoon(flush: Flush): void {
  due.push(flush)
  if (isRunning) return
  isRunning = true
  queueMicrotask(run)
}

/** A connection that breaks while it is written to is its own matter. */
function flushed(flush: Flush): number {
  try {
    return flush()
  } catch {
    return 0
  }
}

function run(): void {
  let bytes = 0
  let at = 0
  while (at < due.length && bytes < bytesPerTurn) bytes += flushed(due[at++]!)
  due.splice(0, at)
  if (due.length === 0) isRunning = false
  else setImmediate(run) // FW1
}
