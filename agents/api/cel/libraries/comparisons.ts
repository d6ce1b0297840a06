import type { CelValue } from '../cel-value.ts'
import { member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'

/** isGreaterThan, isLessThan and compareTo of an ordered type; `compare` gives -1, 0 or 1. */
export function comparisons<T extends CelValue>(prefix: string, type: string, compare: (a: T, b: T) => number): readonly CelOverload[] {
  return [
    member(`${prefix}_is_greater_than`, 'isGreaterThan', `${type}, ${type} -> bool`, (a: T, b: T) => compare(a, b) > 0),
    member(`${prefix}_is_less_than`, 'isLessThan', `${type}, ${type} -> bool`, (a: T, b: T) => compare(a, b) < 0),
    member(`${prefix}_compare_to`, 'compareTo', `${type}, ${type} -> int`, (a: T, b: T) => BigInt(compare(a, b))),
  ]
}
