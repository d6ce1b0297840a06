import type { Clock } from '../../../base/clock.ts'
import { spans } from '../../../base/spans.ts'
import type { Filter } from './filter.ts'

/** Notes when a request got past the filter before this one, while somebody follows what requests go through. */
export function stageMark(stage: string, clock: Clock): Filter {
  return (exchange, next) => {
    if (spans.on) exchange.mark(stage, clock.monotonic())
    return next()
  }
}
