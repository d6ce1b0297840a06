/**
 * How much an evaluation may cost, in upstream's cost units (about 50 to 100 ns each).
 *
 *   CB1  One evaluation may cost `perCall`; several that share a budget together may cost what it holds.
 *   CB2  What an evaluation cost is taken whether it gave a value or failed.
 */
export const celLimits = {
  perCall: 1_000_000,
  /** All rules of one custom resource; all expressions of one policy binding. */
  perObject: 10_000_000,
  /** All match conditions of one webhook or policy. */
  matchConditions: 2_500_000,
  /** Estimates: one rule, and all rules of a CRD. */
  estimatedRule: 10_000_000,
  estimatedCrd: 100_000_000,
  maxRequestBytes: 3 * 1024 * 1024,
  messageExpressionBytes: 5 * 1024,
} as const

export class CelBudget {
  readonly perCall: number
  #remaining: number

  constructor(limit: number = celLimits.perObject, perCall: number = celLimits.perCall) {
    this.#remaining = limit
    this.perCall = perCall
  }

  get remaining(): number {
    return this.#remaining
  }

  /** Takes what an evaluation cost (CB2). */
  take(cost: number): void {
    this.#remaining -= cost
  }
}
