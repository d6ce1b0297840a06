/** Rules for numbers and int-or-percent values, in upstream's words. */
import { invalid, type FieldError } from '../field-error.ts'
import { parseQuantity } from '../schema/quantity.ts'

export function nonNegative(value: number | undefined | null, path: string): FieldError[] {
  return value !== undefined && value !== null && value < 0 ? [invalid(path, value, 'must be greater than or equal to 0')] : []
}

export function positive(value: number | undefined | null, path: string): FieldError[] {
  return value !== undefined && value !== null && value <= 0 ? [invalid(path, value, 'must be greater than 0')] : []
}

export function inRange(value: number | undefined | null, from: number, to: number, path: string): FieldError[] {
  return value !== undefined && value !== null && (value < from || value > to) ? [invalid(path, value, `must be between ${from} and ${to}, inclusive`)] : []
}

/** A number, or a percentage like "25%". */
export function validateIntOrPercent(value: number | string | undefined, path: string): FieldError[] {
  if (typeof value === 'number') return nonNegative(value, path)
  if (value === undefined || /^[0-9]+%$/.test(value)) return []
  return [invalid(path, value, "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')")]
}

export function notOver100Percent(value: number | string | undefined, path: string): FieldError[] {
  if (typeof value !== 'string' || !/^\d+%$/.test(value) || Number.parseInt(value, 10) <= 100) return []
  return [invalid(path, value, 'must not be greater than 100%')]
}

export function nonNegativeQuantity(value: string, path: string): FieldError[] {
  return parseQuantity(value).nanos < 0n ? [invalid(path, value, 'must be greater than or equal to 0')] : []
}

export function positiveQuantity(value: string, path: string): FieldError[] {
  return parseQuantity(value).nanos <= 0n ? [invalid(path, value, 'must be greater than zero')] : []
}
