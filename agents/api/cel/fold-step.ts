/**
 * Comprehensions, running: over the items of a list, with their indexes, or the keys of a map, with their values.
 *
 *   FO1  A fold goes on while its condition is not false, whatever its accumulator holds, failures included.
 *   FO2  Every turn is some work, even where it costs nothing: `huge.filter(x, false)` ends, too.
 */
import { CelFault, CelList, CelMap, typeNameOf } from './cel-value.ts'
import type { CelValue } from './cel-value.ts'
import { work } from './frame.ts'
import type { Frame, Step } from './frame.ts'

export interface Fold {
  readonly range: Step
  readonly initial: Step
  readonly condition: Step
  readonly step: Step
  readonly result: Step
  /** Slots of the variables. */
  readonly first: number
  readonly second: number | undefined
  readonly accumulator: number
}

/** As many turns as the limit has units (FO2). */
const turnWork = 10

export function foldStep(fold: Fold): Step {
  const { range, initial, result, accumulator } = fold
  return frame => {
    const over = range(frame)
    if (over instanceof CelFault) return over
    frame.slots[accumulator] = initial(frame)
    if (over instanceof CelList) overList(fold, frame, over)
    else if (over instanceof CelMap) overMap(fold, frame, over)
    else return new CelFault(`got '${goName(over)}', expected iterable type`)
    return result(frame)
  }
}

function overList(fold: Fold, frame: Frame, list: CelList): void {
  list.each((item, index) => {
    frame.slots[fold.first] = fold.second === undefined ? item : BigInt(index)
    if (fold.second !== undefined) frame.slots[fold.second] = item
    return turn(fold, frame)
  })
}

function overMap(fold: Fold, frame: Frame, map: CelMap): void {
  for (const key of map.keys()) {
    frame.slots[fold.first] = key
    if (fold.second !== undefined) frame.slots[fold.second] = valueAt(map, key)
    if (!turn(fold, frame)) return
  }
}

/** FO1 */
function turn({ condition, step, accumulator }: Fold, frame: Frame): boolean {
  work(turnWork)
  if (condition(frame) === false) return false
  frame.slots[accumulator] = step(frame)
  return true
}

/** A key whose value is null where the schema allows none is listed and yet not there. */
function valueAt(map: CelMap, key: CelValue): CelValue | CelFault {
  const value = map.find(key)
  return value === undefined ? new CelFault(`no such key: ${String(key)}`) : value
}

/** Upstream names the Go type here. */
function goName(value: CelValue): string {
  const name = typeNameOf(value).replace(/^google\.protobuf\.|_type$/g, '')
  return `types.${name[0]!.toUpperCase()}${name.slice(1)}`
}
