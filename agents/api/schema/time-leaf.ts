/** Times as they stand in objects: for a Time any RFC 3339 text is read, for a MicroTime one with six digits of fraction; Time is written in whole seconds UTC, MicroTime with its six digits. */
const pattern = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?([Zz]|[+-]\d{2}:\d{2})$/

/** A Time that is canonical already, as nearly all are; the last days of a month need a calendar. */
const plain = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

const microLayout = '2006-01-02T15:04:05.000000Z07:00'

export class TimeTextError extends Error {
  override readonly name = 'TimeTextError'
}

/** Canonical Time. Throws TimeTextError with Go's text. */
export function canonicalTime(text: string): string {
  if (plain.test(text)) return text
  const { iso } = readTime(text, '2006-01-02T15:04:05Z07:00')
  return `${iso.slice(0, 19)}Z`
}

/** Canonical MicroTime. Throws TimeTextError with Go's text, also where the fraction has another length. */
export function canonicalMicroTime(text: string): string {
  const { iso, fraction } = readTime(text, microLayout)
  if (fraction.length !== 6) throw new TimeTextError(parseFailure(text, microLayout))
  return `${iso.slice(0, 19)}.${fraction}Z`
}

/** Seconds since the epoch and nanoseconds, for protobuf. */
export function timeParts(text: string): { seconds: bigint; nanos: number } {
  const { iso, fraction } = readTime(text, '2006-01-02T15:04:05Z07:00')
  return { seconds: BigInt(Math.floor(Date.parse(`${iso.slice(0, 19)}Z`) / 1000)), nanos: Number(fraction.padEnd(9, '0').slice(0, 9)) }
}

export function timeFromParts(seconds: bigint, nanos: number, micro: boolean): string {
  const head = new Date(Number(seconds) * 1000).toISOString().slice(0, 19)
  return micro ? `${head}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${head}Z`
}

function readTime(text: string, layout: string): { iso: string; fraction: string } {
  const match = pattern.exec(text)
  if (match === null) throw new TimeTextError(parseFailure(text, layout))
  const [, year, month, day, hour, minute, second, fraction = '', zone] = match
  const epochMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone!.toUpperCase()}`)
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate()
  if (Number.isNaN(epochMs) || Number(day) > daysInMonth) throw new TimeTextError(`parsing time "${text}": ${Number(month) > 12 || month === '00' ? 'month' : Number(day) > daysInMonth ? 'day' : 'hour'} out of range`)
  return { iso: new Date(epochMs).toISOString(), fraction }
}

const anySeconds: readonly [string, RegExp][] = [['05', /^\d{2}([.,]\d+)?/]]
const microSeconds: readonly [string, RegExp][] = [['05', /^\d{2}/], ['.000000', /^[.,]\d{6}/]]

/** Go names the first piece of the layout that does not fit. */
function parseFailure(text: string, layout: string): string {
  const pieces: readonly [string, RegExp][] = [
    ['2006', /^\d{4}/], ['-', /^-/], ['01', /^\d{2}/], ['-', /^-/], ['02', /^\d{2}/], ['T', /^T/],
    ['15', /^\d{2}/], [':', /^:/], ['04', /^\d{2}/], [':', /^:/], ...(layout === microLayout ? microSeconds : anySeconds), ['Z07:00', /^(Z|[+-]\d{2}:\d{2})/],
  ]
  let rest = text
  for (const [piece, shape] of pieces) {
    const match = shape.exec(rest)
    if (match === null) return `parsing time ${JSON.stringify(text)} as "${layout}": cannot parse ${JSON.stringify(rest)} as "${piece}"`
    rest = rest.slice(match[0].length)
  }
  return `parsing time ${JSON.stringify(text)}: extra text: ${JSON.stringify(rest)}`
}
