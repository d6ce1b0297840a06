/**
 * Instants and spans in nanoseconds: their texts, their limits, and the calendar in a time zone.
 *
 *   TI1  Timestamps lie between year 1 and year 9999; spans fit 64 bits of nanoseconds (about 292 years).
 *   TI2  RFC 3339 with up to nine digits of a second; written back with as many digits as needed, at the offset it was read with.
 *   TI3  A zone is a name of the IANA database, or "+hh:mm" / "-hh:mm".
 */
import { CelFault } from './cel-value.ts'

const nanosPerSecond = 1_000_000_000n
const earliest = -62_135_596_800n * nanosPerSecond
const latest = 253_402_300_799n * nanosPerSecond + 999_999_999n
const int64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n }
const rfc3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(?:Z|([+-])(\d{2}):(\d{2}))$/
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

export interface Instant {
  readonly nanos: bigint
  readonly offsetSeconds: number
}

/** Undefined: not an instant, or not one that CEL knows (TI1, TI2). */
export function readRfc3339(text: string): Instant | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [number, number, number, number, number, number]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  if (month < 1 || month > 12 || day < 1 || day > daysOfMonth[month - 1]! || (month === 2 && day === 29 && !leap)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const milliseconds = utcMilliseconds(year, month - 1, day, hour, minute, second)
  const fraction = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'))
  const offsetSeconds = match[8] === undefined ? 0 : (match[8] === '-' ? -1 : 1) * (Number(match[9]) * 3600 + Number(match[10]) * 60)
  if (match[8] !== undefined && (Number(match[9]) > 23 || Number(match[10]) > 59)) return undefined
  const nanos = BigInt(milliseconds / 1000 - offsetSeconds) * nanosPerSecond + fraction
  return isTimestampInRange(nanos) ? { nanos, offsetSeconds } : undefined
}

/** Date.UTC, but years below 100 are what they say. */
function utcMilliseconds(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  return Date.UTC(year + 400, month, day, hour, minute, second) - fourCenturiesMs
}

const fourCenturiesMs = 146_097 * 86_400_000

export function isTimestampInRange(nanos: bigint): boolean {
  return nanos >= earliest && nanos <= latest
}

export function isDurationInRange(nanos: bigint): boolean {
  return nanos >= int64.min && nanos <= int64.max
}

export function timestampText({ nanos, offsetSeconds }: Instant): string {
  const { seconds, rest } = split(nanos)
  const date = new Date((Number(seconds) + offsetSeconds) * 1000)
  const year = String(date.getUTCFullYear()).padStart(4, '0')
  const two = (part: number): string => String(part).padStart(2, '0')
  const fraction = rest === 0n ? '' : `.${String(rest).padStart(9, '0').replace(/0+$/, '')}`
  return `${year}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}T${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}${fraction}${zoneText(offsetSeconds)}`
}

function zoneText(offsetSeconds: number): string {
  if (offsetSeconds === 0) return 'Z'
  const minutes = Math.abs(offsetSeconds) / 60
  return `${offsetSeconds < 0 ? '-' : '+'}${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

/** Whole seconds, rounded down, and the nanoseconds above them. */
function split(nanos: bigint): { readonly seconds: bigint; readonly rest: bigint } {
  const rest = ((nanos % nanosPerSecond) + nanosPerSecond) % nanosPerSecond
  return { seconds: (nanos - rest) / nanosPerSecond, rest }
}

export function epochSeconds(nanos: bigint): bigint {
  return split(nanos).seconds
}

const unitNanos: Readonly<Record<string, bigint>> = { ns: 1n, us: 1_000n, 'µs': 1_000n, 'μs': 1_000n, ms: 1_000_000n, s: nanosPerSecond, m: 60n * nanosPerSecond, h: 3_600n * nanosPerSecond }
const durationPart = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y

/** Go's text of a span ("1h30m", "-1.5s"); undefined where it is none, or too long for 64 bits. */
export function readGoDuration(text: string): bigint | undefined {
  const signed = /^[+-]/.test(text)
  if (/^[+-]?0$/.test(text)) return 0n
  let at = signed ? 1 : 0
  if (at >= text.length || text.length > 1_000) return undefined
  let total = 0n
  while (at < text.length) {
    durationPart.lastIndex = at
    const match = durationPart.exec(text)
    if (match === null || (match[1] === '' && (match[2] ?? '') === '')) return undefined
    const unit = unitNanos[match[3]!]!
    const fraction = (match[2] ?? '').slice(0, 18)
    total += BigInt(match[1] === '' ? 0 : match[1]!) * unit
    if (fraction !== '') total += (BigInt(fraction) * unit) / 10n ** BigInt(fraction.length)
    at += match[0].length
  }
  const nanos = text.startsWith('-') ? -total : total
  return isDurationInRange(nanos) ? nanos : undefined
}

/** Seconds with as many digits as needed: "5400s", "1.5s". */
export function durationText(nanos: bigint): string {
  const size = nanos < 0n ? -nanos : nanos
  const fraction = size % nanosPerSecond
  const tail = fraction === 0n ? '' : `.${String(fraction).padStart(9, '0').replace(/0+$/, '')}`
  return `${nanos < 0n ? '-' : ''}${size / nanosPerSecond}${tail}s`
}

export interface CalendarParts {
  readonly year: number
  /** From 0. */
  readonly month: number
  readonly day: number
  readonly dayOfYear: number
  readonly dayOfWeek: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
  readonly milliseconds: number
}

/** The calendar of an instant, in UTC or a zone (TI3). */
export function calendarOf(nanos: bigint, zone: string | undefined): CalendarParts | CelFault {
  const offset = zone === undefined ? 0 : offsetSeconds(nanos, zone)
  if (offset instanceof CelFault) return offset
  const { seconds, rest } = split(nanos)
  const date = new Date((Number(seconds) + offset) * 1000)
  const year = date.getUTCFullYear()
  return {
    year, month: date.getUTCMonth(), day: date.getUTCDate(), dayOfWeek: date.getUTCDay(),
    dayOfYear: Math.round((utcMilliseconds(year, date.getUTCMonth(), date.getUTCDate(), 0, 0, 0) - utcMilliseconds(year, 0, 1, 0, 0, 0)) / 86_400_000),
    hours: date.getUTCHours(), minutes: date.getUTCMinutes(), seconds: date.getUTCSeconds(), milliseconds: Number(rest / 1_000_000n),
  }
}

function offsetSeconds(nanos: bigint, zone: string): number | CelFault {
  const colon = zone.indexOf(':')
  if (colon >= 0) return fixedOffset(zone, colon)
  if (zone === '' || zone === 'UTC') return 0
  const zoned = zonedFormat(zone)
  if (zoned === undefined) return new CelFault(`unknown time zone ${zone}`)
  const seconds = Number(split(nanos).seconds)
  const part = Object.fromEntries(zoned.formatToParts(new Date(seconds * 1000)).map(({ type, value }) => [type, value]))
  const year = part['era'] === 'BC' ? 1 - Number(part['year']) : Number(part['year'])
  return utcMilliseconds(year, Number(part['month']) - 1, Number(part['day']), Number(part['hour']), Number(part['minute']), Number(part['second'])) / 1000 - seconds
}

function fixedOffset(zone: string, colon: number): number | CelFault {
  const hours = zone.slice(0, colon)
  const minutes = zone.slice(colon + 1)
  for (const part of [hours, minutes]) if (!/^[+-]?\d{1,9}$/.test(part)) return new CelFault(`strconv.Atoi: parsing ${JSON.stringify(part)}: invalid syntax`)
  return (Number(hours) * 60 + (zone.startsWith('-') ? -Number(minutes) : Number(minutes))) * 60
}

const formats = new Map<string, Intl.DateTimeFormat | undefined>()
const maxKnownZones = 1_000

function zonedFormat(zone: string): Intl.DateTimeFormat | undefined {
  if (formats.has(zone)) return formats.get(zone)
  if (formats.size >= maxKnownZones) formats.clear()
  let format: Intl.DateTimeFormat | undefined
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', era: 'short', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' })
  } catch {
    format = undefined
  }
  formats.set(zone, format)
  return format
}
