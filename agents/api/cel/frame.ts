/**
 * One evaluation in progress: its variables, what it has cost, and how much work its values may still cause.
 *
 *   FR1  Costs are upstream's units; going over the limit ends the evaluation at once and cannot be absorbed.
 *   FR2  Work is what no cost rule sees: elements visited inside nested lists while comparing, characters that a replacement or a
 *        format writes. It is bounded by ten times the limit, which no rule within its cost can reach by itself.
 */
import { CelCostError } from './cel-error.ts'
import type { CelCostLimit } from './cel-error.ts'
import type { CelFault, CelValue } from './cel-value.ts'

export type Step = (frame: Frame) => CelValue | CelFault

export class Frame {
  cost = 0
  readonly #limit: number
  readonly #reason: CelCostLimit
  /** Comprehension variables, by the slots the planner gave them; undefined: a binding not computed yet. */
  readonly slots: (CelValue | CelFault | undefined)[]
  /** Variables of the environment, as far as they were read. */
  readonly variables: (CelValue | CelFault | undefined)[]
  readonly bindings: Readonly<Record<string, unknown>>

  constructor(bindings: Readonly<Record<string, unknown>>, slots: number, variables: number, limit: number, reason: CelCostLimit) {
    this.bindings = bindings
    this.slots = new Array(slots)
    this.variables = new Array(variables)
    this.#limit = limit
    this.#reason = reason
  }

  charge(cost: number): void {
    this.cost += cost
    if (this.cost > this.#limit) throw new CelCostError(this.#reason) // FR1
  }
}

const workPerCost = 10
let workLeft = Infinity

/** Runs one evaluation with its own allowance of work (FR2); evaluations may nest. */
export function withWork<T>(limit: number, run: () => T): T {
  const outside = workLeft
  workLeft = limit * workPerCost
  try {
    return run()
  } finally {
    workLeft = outside
  }
}

/** Called by whatever walks or makes more than its cost rule counts. */
export function work(amount: number): void {
  workLeft -= amount
  if (workLeft < 0) throw new CelCostError('call')
}
