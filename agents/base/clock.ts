/**
 * Time is handed to whoever needs it, so that a test can move it.
 *
 * `now` is wall time in milliseconds since the epoch and may jump; `monotonic` never goes back and is for durations.
 */
export interface Clock {
  now(): number
  monotonic(): number
  /** Calls back once after at least delayMs; disposing before that cancels it. */
  after(delayMs: number, callback: () => void): Disposable
}

/** Resolves after delayMs, or rejects with the signal's reason as soon as it aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return
    }
    const onAbort = () => {
      timer[Symbol.dispose]()
      reject(signal!.reason as Error)
    }
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** Wall time as Kubernetes' Time: RFC 3339, whole seconds, UTC. */
export function timeText(epochMs: number): string {
  const second = Math.floor(epochMs / 1000)
  if (second !== last.second) last = { second, text: `${new Date(epochMs).toISOString().slice(0, 19)}Z` }
  return last.text
}

/** Many things happen within one second. */
let last = { second: NaN, text: '' }

/** Wall time as Kubernetes' MicroTime: six digits of fraction. */
export function microTimeText(epochMs: number): string {
  const micros = Math.floor((epochMs - Math.floor(epochMs)) * 1000)
  return `${new Date(epochMs).toISOString().slice(0, 23)}${String(micros).padStart(3, '0')}Z`
}
