/** Steps of an action in shares of its time so far; the item that tells of the whole is the last. */
import type { ProgressItem } from '../../../electron/contract/labs.ts'

export interface StepBar {
  readonly item: ProgressItem
  /** 0 … 1. */
  readonly from: number
  readonly share: number
}

/** In the order in which they began. */
export function barsOf(items: readonly ProgressItem[]): readonly StepBar[] {
  const ends = items.map(({ startedMs = 0, elapsedMs }) => startedMs + elapsedMs)
  const whole = Math.max(1, ...ends)
  return items
    .map(item => ({ item, from: (item.startedMs ?? 0) / whole, share: item.elapsedMs / whole }))
    .sort((one, other) => Number(one.item.step === 'lab') - Number(other.item.step === 'lab') || one.from - other.from)
}
