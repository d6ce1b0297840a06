/**
 * Unrolls the steps of a drill into what begins when.
 *
 *   TL1  The same seed gives the same time line, whatever the lab.
 *   TL2  In a series the next begins when the one before has ended, and so long after.
 *   TL3  A random step draws each time a moment within its bounds and one of its faults.
 */
import type { Random } from '../../../../agents/base/random.ts'
import type { FaultOrderText, FaultStep } from '../drill.ts'

export interface TimedOrder {
  readonly atMs: number
  readonly order: FaultOrderText
}

/** In the order of time. */
export function timeLine(steps: readonly FaultStep[], random: Random): readonly TimedOrder[] {
  return steps.flatMap(step => unrolled(step, random)).toSorted((a, b) => a.atMs - b.atMs)
}

function unrolled(step: FaultStep, random: Random): TimedOrder[] {
  switch (step.step) {
    case 'inject':
      return Array.from({ length: step.times }, (_, turn) => ({ atMs: step.atMs + turn * step.everyMs, order: step.order }))
    case 'parallel':
      return step.orders.map(order => ({ atMs: step.atMs, order }))
    case 'serial': {
      let atMs = step.atMs
      return step.orders.map(order => {
        const begun = atMs
        atMs += (order.durationMs ?? 0) + step.pauseMs // TL2
        return { atMs: begun, order }
      })
    }
    case 'random':
      return Array.from({ length: step.times }, () => ({ // TL3
        atMs: Math.round(step.fromMs + random.next() * (step.toMs - step.fromMs)),
        order: step.orders[Math.floor(random.next() * step.orders.length)]!,
      }))
  }
}
