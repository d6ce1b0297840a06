/**
 * Cron schedules: five fields (minute, hour, day of month, month, day of week), @hourly, @daily, @weekly, @monthly, @yearly
 * in a time zone, or @every and a duration. Upstream: robfig/cron.
 *
 *   CS1  A field is *, a number, a name (JAN, MON), a range a-b, a list, each with an optional /step. Sunday is 0 or 7.
 *   CS2  If both day fields are restricted, either one matching is enough.
 *   CS3  Local times that a clock change skips do not happen; those it repeats happen twice.
 *   CS5  "@every 1h30m" counts from the time before, in whole seconds.
 *   CS4  Text that cannot be read, or a time zone nobody knows, is refused.
 */
import { readDuration } from '../../../../base/duration.ts'

export interface Schedule {
  /** The first time after `afterMs`, epoch milliseconds; undefined if there is none within five years. */
  next(afterMs: number): number | undefined
}

const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const days = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const shorthands: Readonly<Record<string, string>> = { '@hourly': '0 * * * *', '@daily': '0 0 * * *', '@midnight': '0 0 * * *', '@weekly': '0 0 * * 0', '@monthly': '0 0 1 * *', '@yearly': '0 0 1 1 *', '@annually': '0 0 1 1 *' }
const minuteMs = 60_000
const every = /^@every\s+(\S+)$/
const dayMs = 86_400_000

export function readSchedule(text: string, timeZone = 'UTC'): Schedule {
  const interval = every.exec(text.trim())?.[1]
  if (interval !== undefined) return readInterval(interval)
  const fields = (shorthands[text.trim()] ?? text).trim().split(/\s+/)
  if (fields.length !== 5) throw new Error(`a schedule has five fields, not ${fields.length}: ${JSON.stringify(text)}`)
  const [minute, hour, dayOfMonth, month, weekDay] = [
    readField(fields[0]!, 0, 59), readField(fields[1]!, 0, 23), readField(fields[2]!, 1, 31), readField(fields[3]!, 1, 12, months), readField(fields[4]!, 0, 7, days),
  ]
  if (weekDay!.has(7)) weekDay!.add(0)
  const bothDays = !isOpen(fields[2]!) && !isOpen(fields[4]!)
  const offsetAt = offsetIn(timeZone)
  const isDay = (local: Date): boolean => {
    if (!month!.has(local.getUTCMonth() + 1)) return false
    const [byDate, byWeek] = [dayOfMonth!.has(local.getUTCDate()), weekDay!.has(local.getUTCDay())]
    return bothDays ? byDate || byWeek : byDate && byWeek // CS2
  }
  return {
    next(afterMs) {
      // Local time is walked as if it were UTC; the day first, then hour and minute within it.
      const start = Math.floor(afterMs / minuteMs) * minuteMs + minuteMs
      const startLocal = start + offsetAt(start)
      for (let dayStart = Math.floor(startLocal / dayMs) * dayMs, steps = 0; steps < 5 * 366; dayStart += dayMs, steps++) {
        if (!isDay(new Date(dayStart))) continue
        const changes = offsetAt(dayStart - dayMs) !== offsetAt(dayStart + 2 * dayMs)
        let first: number | undefined
        for (const h of hour!) {
          for (const m of minute!) {
            const local = dayStart + h * 3_600_000 + m * minuteMs
            if (local < startLocal - 2 * 3_600_000) continue
            const at = instantsOf(local, offsetAt).find(instant => instant > afterMs)
            if (at !== undefined && !changes) return at
            if (at !== undefined && (first === undefined || at < first)) first = at // CS3: a repeated hour comes before what follows it
          }
        }
        if (first !== undefined) return first
      }
      return undefined
    },
  }
}

/** CS5 */
function readInterval(text: string): Schedule {
  const ms = Math.floor((readDuration(text) ?? 0) / 1_000) * 1_000
  if (ms < 1_000) throw new Error(`${JSON.stringify(text)} is no duration of a second or more`)
  return { next: afterMs => Math.floor(afterMs / 1_000) * 1_000 + ms }
}

/** CS3 */
function instantsOf(local: number, offsetAt: (ms: number) => number): number[] {
  const guesses = [local - offsetAt(local - dayMs), local - offsetAt(local + dayMs)].sort((a, b) => a - b)
  return guesses.filter(guess => guess + offsetAt(guess) === local)
}

const isOpen = (field: string): boolean => field.startsWith('*') || field === '?'

function readField(field: string, low: number, high: number, names: readonly string[] = []): Set<number> { // CS1
  const values = new Set<number>()
  const refuse = (): Error => new Error(`${JSON.stringify(field)} is not within ${low} to ${high}`)
  const readOne = (text: string): number => {
    const named = names.indexOf(text.toUpperCase())
    const value = named >= 0 ? named + (names === months ? 1 : 0) : Number(text)
    if (!/^\w+$/.test(text) || !Number.isInteger(value) || value < low || value > high) throw refuse()
    return value
  }
  for (const part of field.split(',')) {
    const [range, stepText] = part.split('/') as [string, string | undefined]
    const step = stepText === undefined ? 1 : Number(stepText)
    if (!Number.isInteger(step) || step < 1) throw refuse()
    const [first, last] = range === '*' || range === '?' ? [low, high] : range.includes('-') ? range.split('-').map(readOne) : [readOne(range), stepText === undefined ? readOne(range) : high]
    if (first! > last!) throw refuse()
    for (let value = first!; value <= last!; value += step) values.add(value)
  }
  return new Set([...values].sort((a, b) => a - b))
}

function offsetIn(timeZone: string): (ms: number) => number { // CS4
  if (timeZone === 'UTC' || timeZone === 'Etc/UTC') return () => 0
  const format = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
  return ms => {
    const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)])) as Record<'year' | 'month' | 'day' | 'hour' | 'minute' | 'second', number>
    return Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second) - Math.floor(ms / 1_000) * 1_000
  }
}

/** RFC 3339 with the zone's offset at that time, as Go writes it; UTC without a zone. */
export function localTimeText(ms: number, timeZone = 'UTC'): string {
  const offsetMinutes = Math.round(offsetIn(timeZone)(ms) / 60_000)
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().replace(/\.\d+Z$/, '')
  if (offsetMinutes === 0) return `${local}Z`
  const two = (value: number): string => String(Math.trunc(value)).padStart(2, '0')
  return `${local}${offsetMinutes < 0 ? '-' : '+'}${two(Math.abs(offsetMinutes) / 60)}:${two(Math.abs(offsetMinutes) % 60)}`
}
