/** Numbers as Go prints them, for messages. */
import { exactNumberText, isExactNumber } from '../schema/clone.ts'

/** %v of a float64: 1e+06, 0.1, 1e-07. */
export function floatText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [digits, exponentText] = value.toExponential().split('e') as [string, string]
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 6) return plainText(value)
  const sign = exponent < 0 ? '-' : '+'
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

/** Without an exponent, whatever the size. */
export function plainText(value: number): string {
  const text = String(value)
  if (!text.includes('e')) return text
  return BigInt(Math.trunc(value)) === 0n ? value.toFixed(20).replace(/0+$/, '') : BigInt(Math.trunc(value)).toString()
}

/** A JSON number that was written without fraction or exponent is an int64 to Go, if it fits. */
export function isInteger(value: unknown): boolean {
  return isExactNumber(value) ? fitsInt64(exactNumberText(value)) : typeof value === 'number' && Number.isSafeInteger(value)
}

function fitsInt64(text: string): boolean {
  return /^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
}

export function numberOf(value: unknown): number {
  return isExactNumber(value) ? Number(exactNumberText(value)) : (value as number)
}
