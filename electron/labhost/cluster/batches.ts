import { type Clock, sleep } from '../../../agents/base/clock.ts'

/**
 * What comes close together is given together: the first item is waited for, then all that came within `gatherMs` go as
 * one. Ends with the source, or throws what it throws once everything before has been given; the signal has to end the source.
 */
export async function* batches<T>(source: AsyncGenerator<T>, clock: Clock, gatherMs: number, signal: AbortSignal): AsyncGenerator<readonly T[]> {
  let waiting: T[] = []
  let ended: { readonly error: unknown } | undefined
  let isDone = false
  let arrived = Promise.withResolvers<void>()
  const pump = (async () => {
    try {
      for await (const item of source) {
        waiting.push(item)
        arrived.resolve()
      }
    } catch (error) {
      ended = { error }
    }
    isDone = true
    arrived.resolve()
  })()
  try {
    for (;;) {
      await arrived.promise
      if (!isDone) await sleep(clock, gatherMs, signal).catch(() => {})
      arrived = Promise.withResolvers()
      if (isDone) arrived.resolve()
      const batch = waiting
      waiting = []
      if (batch.length > 0) yield batch
      else if (isDone) break
    }
    if (ended !== undefined) throw ended.error
  } finally {
    if (!isDone && signal.aborted) await pump
  }
}
