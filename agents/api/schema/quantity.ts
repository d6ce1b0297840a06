/**
 * Quantities: exact decimal arithmetic on the numbers of resource requests.
 *
 * A quantity is `<sign><digits>[.<digits>]<suffix>`; the suffix is decimal (n u m k M G T P E), binary (Ki … Ei) or an
 * exponent (e3, E-2). Internally it is a whole number of nanos and the family of its suffix. "1.5Gi" is 1610612736 ones,
 * written "1536Mi".
 *
 *   QU1  Finer than a nano is rounded up, away from zero.
 *   QU2  Canonical text has no fraction, and the largest suffix of its family that leaves none; binary text below 1 or
 *        with a fraction falls to the decimal family. 0 is "0".
 *   QU3  Parse, then text, is idempotent.
 * Upstream: apimachinery/pkg/api/resource.
 */
import { remembering } from '../../base/remembering.ts'

export type QuantityFormat = 'BinarySI' | 'DecimalSI' | 'DecimalExponent'

export interface ParsedQuantity {
  readonly nanos: bigint
  readonly format: QuantityFormat
}

export class QuantityError extends Error {
  override readonly name = 'QuantityError'
}

const nano = 1_000_000_000n
const largest = ((1n << 63n) - 1n) * nano
const pattern = /^([+-]?)(\d+(?:\.\d*)?|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$/
/** A number and letters that could be a suffix, but are none. */
const shaped = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)[eEinumkKMGTP]*[+-]?\d*$/
const regexText = "^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$"
const decimalExponents: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binaryShifts: Readonly<Record<string, bigint>> = { Ki: 10n, Mi: 20n, Gi: 30n, Ti: 40n, Pi: 50n, Ei: 60n }
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']

/** Throws QuantityError with upstream's text. A JSON number is read by its text. */
export function parseQuantity(text: string | number): ParsedQuantity {
  return parsed(String(text))
}

const parsed = remembering((text): ParsedQuantity => {
  const match = text.length > 128 ? null : pattern.exec(text)
  if (match === null) throw new QuantityError(text.length <= 128 && shaped.test(text) ? "unable to parse quantity's suffix" : `quantities must match the regular expression '${regexText}'`)
  const [, sign, digits, suffix = ''] = match
  const dot = digits!.indexOf('.')
  const whole = dot < 0 ? digits! : digits!.slice(0, dot)
  const fraction = (dot < 0 ? '' : digits!.slice(dot + 1)).slice(0, 64)
  const mantissa = BigInt(whole + fraction)
  const shift = binaryShifts[suffix]
  const isExponent = /^[eE][+-]?\d+$/.test(suffix)
  const exponent = isExponent ? Number(suffix.slice(1)) : shift === undefined ? decimalExponents[suffix]! : 0
  if (Math.abs(exponent) > 1000) throw new QuantityError(`quantities must match the regular expression '${regexText}'`)
  const scaled = scale(shift === undefined ? mantissa : mantissa << shift, exponent + 9 - fraction.length)
  const nanos = scaled > largest ? largest : scaled
  const format: QuantityFormat = shift !== undefined ? 'BinarySI' : isExponent ? 'DecimalExponent' : 'DecimalSI'
  return { nanos: sign === '-' ? -nanos : nanos, format }
})

/** value × 10^exponent, rounded up (QU1); value is not negative. */
function scale(value: bigint, exponent: number): bigint {
  if (exponent >= 0) return value * 10n ** BigInt(exponent)
  return divideUp(value, 10n ** BigInt(-exponent))
}

function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return quotient * divisor === value ? quotient : quotient + 1n
}

export function isQuantity(text: string): boolean {
  return pattern.test(text)
}

/** Canonical text (QU2). */
export function quantityText(quantity: ParsedQuantity): string {
  const { nanos, format } = quantity
  if (nanos === 0n) return '0'
  const sign = nanos < 0n ? '-' : ''
  const size = nanos < 0n ? -nanos : nanos
  if (format === 'BinarySI' && size >= 1024n * nano && size % nano === 0n) return sign + binaryText(size / nano)
  let index = 0
  let rest = size
  while (index < decimalSuffixes.length - 1 && rest % 1000n === 0n) {
    rest /= 1000n
    index += 1
  }
  if (format !== 'DecimalExponent') return sign + String(rest) + decimalSuffixes[index]!
  const exponent = (index - 3) * 3
  return sign + String(rest) + (exponent === 0 ? '' : `e${exponent}`)
}

function binaryText(ones: bigint): string {
  let index = 0
  let rest = ones
  while (index < binarySuffixes.length - 1 && rest % 1024n === 0n) {
    rest /= 1024n
    index += 1
  }
  return String(rest) + binarySuffixes[index]!
}

export function canonicalQuantity(text: string | number): string {
  return canonical(String(text))
}

const canonical = remembering(text => quantityText(parsed(text)))

export function compareQuantities(a: string | number, b: string | number): -1 | 0 | 1 {
  const left = parseQuantity(a).nanos
  const right = parseQuantity(b).nanos
  return left < right ? -1 : left > right ? 1 : 0
}

/** The sum takes the format of the first that is not zero. */
export function addQuantities(a: string | number, b: string | number): string {
  return combine(a, b, 1n)
}

export function subtractQuantities(a: string | number, b: string | number): string {
  return combine(a, b, -1n)
}

function combine(a: string | number, b: string | number, factor: bigint): string {
  const left = parseQuantity(a)
  const right = parseQuantity(b)
  return quantityText({ nanos: left.nanos + factor * right.nanos, format: left.nanos === 0n ? right.format : left.format })
}

/** Whole units, a fraction rounded up. */
export function quantityValue(text: string | number): bigint {
  return units(parseQuantity(text).nanos, nano)
}

/** Thousandths, finer ones rounded up. */
export function quantityMillis(text: string | number): bigint {
  return units(parseQuantity(text).nanos, 1_000_000n)
}

function units(nanos: bigint, unit: bigint): bigint {
  return nanos < 0n ? -divideUp(-nanos, unit) : divideUp(nanos, unit)
}

/** "250m" for 250. */
export function milliQuantity(millis: bigint | number): string {
  return quantityText({ nanos: BigInt(millis) * 1_000_000n, format: 'DecimalSI' })
}
