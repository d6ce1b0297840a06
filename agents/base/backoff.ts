import type { Random } from './random.ts'

export interface BackoffOptions {
  readonly firstMs: number
  readonly maxMs: number
  readonly factor?: number
  /** Share of the delay that chance may add, 0 to 1. */
  readonly jitter?: number
}

/** Delay before attempt number `failures` (1 = after the first failure). */
export function backoffMs(options: BackoffOptions, failures: number, random?: Random): number {
  const base = Math.min(options.maxMs, options.firstMs * (options.factor ?? 2) ** Math.max(0, failures - 1))
  return random === undefined ? base : base * (1 + (options.jitter ?? 0) * random.next())
}
