/**
 * Waits for something that comes again and again, such as "it changed", or for the end of the one who waits; which of both it was the signal
 * says. Unlike a race with a promise of the signal's own it leaves nothing behind: such a promise would keep every wait of its life.
 * Rejects with the promise.
 */
export function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve, reject) => {
    const leave = (): void => { resolve() }
    signal.addEventListener('abort', leave, { once: true })
    promise.then(leave, reject).finally(() => { signal.removeEventListener('abort', leave) })
  })
}
