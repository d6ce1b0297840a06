/** Parts of timestamps, in UTC or a zone, and of durations. */
import { CelFault } from '../cel-value.ts'
import type { CelDuration, CelTimestamp } from '../cel-value.ts'
import { member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { calendarOf } from '../time.ts'
import type { CalendarParts } from '../time.ts'

const calendar: readonly (readonly [string, string, (parts: CalendarParts) => number])[] = [
  ['getFullYear', 'timestamp_to_year', parts => parts.year],
  ['getMonth', 'timestamp_to_month', parts => parts.month],
  ['getDayOfYear', 'timestamp_to_day_of_year', parts => parts.dayOfYear],
  ['getDayOfMonth', 'timestamp_to_day_of_month', parts => parts.day - 1],
  ['getDate', 'timestamp_to_day_of_month_1_based', parts => parts.day],
  ['getDayOfWeek', 'timestamp_to_day_of_week', parts => parts.dayOfWeek],
  ['getHours', 'timestamp_to_hours', parts => parts.hours],
  ['getMinutes', 'timestamp_to_minutes', parts => parts.minutes],
  ['getSeconds', 'timestamp_to_seconds', parts => parts.seconds],
  ['getMilliseconds', 'timestamp_to_milliseconds', parts => parts.milliseconds],
]

/** Nanoseconds in a unit; the number of whole ones in a duration. */
const spans: readonly (readonly [string, string, bigint])[] = [
  ['getHours', 'duration_to_hours', 3_600_000_000_000n],
  ['getMinutes', 'duration_to_minutes', 60_000_000_000n],
  ['getSeconds', 'duration_to_seconds', 1_000_000_000n],
  ['getMilliseconds', 'duration_to_milliseconds', 1_000_000n],
]

export const times: readonly CelOverload[] = [
  ...calendar.flatMap(([name, id, pick]) => {
    const read = (value: CelTimestamp, zone?: string): bigint | CelFault => {
      const parts = calendarOf(value.nanos, zone)
      return parts instanceof CelFault ? parts : BigInt(pick(parts))
    }
    return [member(id, name, 'timestamp -> int', read), member(`${id}_with_tz`, name, 'timestamp, string -> int', read)]
  }),
  ...spans.map(([name, id, unit]) => member(id, name, 'duration -> int', (value: CelDuration) => value.nanos / unit)),
]
