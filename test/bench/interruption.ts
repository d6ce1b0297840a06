/**
 * A benchmark has machines and processes of its own, and so has to end in order: they are taken away again (belongings.ts),
 * however the benchmark ends.
 *
 *   IN1  A signal that would end the process, and an event loop with nothing left to wait for, are failures of the work.
 *        They are thrown where the work is awaited, and what belongs to it is ended there.
 *   IN2  The second signal ends the process at once, for whoever cannot wait.
 */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The part of a process that tells of its end. */
export interface Interruptible {
  once(event: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'beforeExit', listener: () => void): unknown
  off(event: 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'beforeExit', listener: () => void): unknown
}

/** Awaits the work; rejects when it was interrupted, and leaves it to the caller to end what the work had started. */
export async function unlessInterrupted<T>(work: Promise<T>, from: Interruptible = process): Promise<T> {
  const { promise: interrupted, reject } = Promise.withResolvers<never>()
  const listeners = [
    ...signals.map(signal => [signal, () => { reject(new Error(`the benchmark was interrupted by ${signal}`)) }] as const),
    ['beforeExit', () => { reject(new Error('the benchmark has nothing left to wait for, yet it has not ended')) }] as const,
  ]
  for (const [event, listener] of listeners) from.once(event, listener) // IN2: heard once
  try {
    return await Promise.race([work, interrupted]) // IN1
  } finally {
    for (const [event, listener] of listeners) from.off(event, listener)
  }
}
