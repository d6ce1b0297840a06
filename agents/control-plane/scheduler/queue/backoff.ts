/**
 * How long a pod that failed has to wait. Upstream: pkg/scheduler/backend/queue/backoff_queue.go.
 *
 *   BO1  The first failure costs `initialMs`, every further one twice as much, up to `longestMs`; 0 as the longest turns it off.
 *   BO2  Rejections and errors are counted apart; errors in a row count for themselves and are forgotten by the next rejection.
 *   BO3  Ends are aligned to whole seconds, so that pods whose wait ends within one second are ordered by priority, and
 *        the wait is over when that second is.
 */
export interface BackoffLimits {
  readonly initialMs: number
  readonly longestMs: number
}

export const defaultBackoff: BackoffLimits = { initialMs: 1_000, longestMs: 10_000 }

export interface Failures {
  readonly unschedulableCount: number
  readonly errorsInARow: number
}

const windowMs = 1_000

export function backoffDuration(failures: Failures, { initialMs, longestMs }: BackoffLimits): number {
  const count = failures.errorsInARow > 0 ? failures.errorsInARow : failures.unschedulableCount // BO2
  if (count === 0 || longestMs === 0) return 0
  return Math.min(longestMs, initialMs * 2 ** (count - 1)) // BO1
}

/** BO3 */
export function startOfWindow(atMs: number): number {
  return Math.floor(atMs / windowMs) * windowMs
}

/** The moment at which a wait that ends in this window is over. */
export function endOfWait(backoffUntil: number): number {
  return backoffUntil + windowMs
}

export function isBackingOff(backoffUntil: number, now: number): boolean {
  return backoffUntil > 0 && backoffUntil >= startOfWindow(now) // BO3
}
