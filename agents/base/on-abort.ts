/**
 * Listening to a signal that very many listen to for a short while, such as one that lasts as long as its process: an
 * AbortSignal looks through all its listeners whenever one comes or goes; here that costs the same however many there are.
 *
 *   OA1  What is called is called once, in the order in which it came, and not after it was disposed of.
 *   OA2  A signal that has aborted calls at once.
 */
const waiting = new WeakMap<AbortSignal, Set<() => void>>()

export function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) { // OA2
    call()
    return () => {}
  }
  const calls = waiting.get(signal) ?? listenTo(signal)
  const own = (): void => { call() } // the same function may be given twice
  calls.add(own)
  return () => void calls.delete(own)
}

function listenTo(signal: AbortSignal): Set<() => void> {
  const calls = new Set<() => void>()
  waiting.set(signal, calls)
  signal.addEventListener('abort', () => {
    for (const call of calls) {
      calls.delete(call) // OA1
      call()
    }
  }, { once: true })
  return calls
}
