/**
 * multipleOf, maximum, minimum and the range of a number's format (VC4).
 *
 * A bound that does not fit the number's own type is itself an error, told with every value; the value is then compared as
 * floating point.
 */
import { numberOf, floatText, isInteger, plainText } from './go-number.ts'
import { isExactNumber } from '../schema/clone.ts'
import type { Findings } from './findings.ts'
import type { Schema } from './schema.ts'
import type { Check } from './value-check.ts'

const int32 = [-2_147_483_648, 2_147_483_647] as const
const largestFloat = 3.4028234663852886e38

export function numberChecks(schema: Schema, types: readonly string[], format: string): Check[] {
  const type = types.length === 1 && (types[0] === 'integer' || types[0] === 'number') ? types[0] : ''
  const range = { type, format: type === '' ? '' : format }
  const bounds = [
    multipleOf(schema, range),
    bound(schema.minimum, schema.exclusiveMinimum === true, range, 'Minimum boundary', minimumWords, (value, limit) => value < limit),
    bound(schema.maximum, schema.exclusiveMaximum === true, range, 'Maximum boundary', maximumWords, (value, limit) => value > limit),
  ].filter(check => check !== undefined)
  return [(value, _old, found) => {
    if (typeof value !== 'number' && !isExactNumber(value)) return
    if (!isInRange(value, range)) found.general(rangeText('Checked', range, found))
    for (const check of bounds) check(value, found)
    found.matches += 2
  }]
}

interface Range {
  readonly type: string
  readonly format: string
}

type Bound = (value: unknown, found: Findings) => void

const minimumWords = ['greater than or equal to', 'greater than'] as const
const maximumWords = ['less than or equal to', 'less than'] as const

function bound(limit: number | undefined, exclusive: boolean, range: Range, name: string, words: readonly [string, string], isBeyond: (value: number, limit: number) => boolean): Bound | undefined {
  if (limit === undefined) return undefined
  const fits = isInRange(limit, range)
  const word = words[exclusive ? 1 : 0]
  return (value, found) => {
    if (!fits) found.general(rangeText(name, range, found))
    const whole = fits && isInteger(value)
    const number = numberOf(value)
    const used = whole ? Math.trunc(limit) : limit
    if (isBeyond(number, used) || (exclusive && number === used)) found.invalid(value, `should be ${word} ${whole ? plainText(used) : floatText(used)}`)
  }
}

function multipleOf(schema: Schema, range: Range): Bound | undefined {
  const factor = schema.multipleOf
  if (factor === undefined) return undefined
  const fits = isInRange(factor, range)
  return (value, found) => {
    if (!fits) found.general(rangeText('MultipleOf', range, found))
    const whole = fits && isInteger(value)
    const used = whole ? Math.trunc(factor) : factor
    const shown = whole ? plainText(used) : floatText(used)
    if (used <= 0) found.said(used, `factor MultipleOf declared for ${found.name()} must be positive: ${shown}`)
    else if (!isMultiple(numberOf(value), used, whole)) found.invalid(value, `should be a multiple of ${shown}`)
  }
}

function isMultiple(value: number, factor: number, whole: boolean): boolean {
  if (whole) return value % factor === 0
  const times = factor < 1 ? (1 / factor) * value : value / factor
  const nearest = Math.trunc(times)
  if (times === nearest) return true
  const difference = Math.abs(times - nearest)
  return Math.min(difference, Math.abs(times - Math.round(times))) / Math.max(Math.abs(times), 1) < 1e-9
}

function isInRange(value: unknown, { type, format }: Range): boolean {
  if (type === 'integer') {
    if (!Number.isInteger(numberOf(value))) return false
    if (format === 'int32') return numberOf(value) >= int32[0] && numberOf(value) <= int32[1]
    return isInteger(value) || Math.abs(numberOf(value)) < 2 ** 63
  }
  return !(type === 'number' && format === 'float') || Math.abs(numberOf(value)) <= largestFloat
}

function rangeText(name: string, { type, format }: Range, found: Findings): string {
  const shown = type === '' ? 'number' : type
  return format === '' ? `${name} value must be of type ${shown} (default format) in ${found.name()}` : `${name} value must be of type ${shown} with format ${format} in ${found.name()}`
}
