/**
 * Quantities: `quantity('50k').add(20).isGreaterThan(quantity('1Mi'))`.
 *
 *   QA1  isInteger and asInteger go by how upstream keeps the number, not by its value: as a 64-bit number and a power of ten
 *        (`scale`) where digits allow, as an arbitrary decimal otherwise. Only the first with a scale of 0 or more is an integer:
 *        '50k' is, '1.0' and '1000m' are not. A sum takes the smaller scale.
 */
import { parseQuantity, QuantityError, quantityText } from '../../schema/quantity.ts'
import type { ParsedQuantity } from '../../schema/quantity.ts'
import { CelFault, CelOpaque } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'
import { comparisons } from './comparisons.ts'

const nanosPerUnit = 1_000_000_000n

export class QuantityValue extends CelOpaque {
  readonly typeName = 'kubernetes.Quantity'
  readonly quantity: ParsedQuantity
  /** QA1; undefined: an arbitrary decimal. */
  readonly scale: number | undefined

  constructor(quantity: ParsedQuantity, scale: number | undefined) {
    super()
    this.quantity = quantity
    this.scale = scale
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof QuantityValue && other.quantity.nanos === this.quantity.nanos
  }

  get text(): string {
    return quantityText(this.quantity)
  }
}

export function readQuantityValue(text: string): QuantityValue | CelFault {
  try {
    return new QuantityValue(parseQuantity(text), scaleOf(text))
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    return new CelFault(error.message)
  }
}

const decimalScales: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const maxDigits = 18
const maxBinaryDigits = 15

/** QA1 */
function scaleOf(text: string): number | undefined {
  const [, whole = '', fraction = '', suffix = ''] = /^[+-]?0*(\d*)(?:\.(\d*))?(.*)$/.exec(text)!
  const exponent = binaryExponents[suffix]
  if (exponent !== undefined) return fraction === '' && maxBinaryDigits - whole.length - Math.floor((exponent * 3) / 10) - 1 >= 0 ? 0 : undefined
  if (whole.length + fraction.length > maxDigits) return undefined
  return (/^[eE][+-]?\d/.test(suffix) ? Number(suffix.slice(1)) : decimalScales[suffix]!) - fraction.length
}

function isWhole({ quantity: { nanos }, scale }: QuantityValue): boolean {
  const units = nanos / nanosPerUnit
  return scale !== undefined && scale >= 0 && units <= 2n ** 63n - 1n && units >= -(2n ** 63n)
}

function compare(a: QuantityValue, b: QuantityValue): number {
  return a.quantity.nanos < b.quantity.nanos ? -1 : a.quantity.nanos > b.quantity.nanos ? 1 : 0
}

function combined(a: QuantityValue, nanos: bigint, other: Pick<QuantityValue, 'scale'> & { readonly format: ParsedQuantity['format'] }): CelValue {
  const isZero = a.quantity.nanos === 0n
  const scale = a.scale === undefined || other.scale === undefined ? undefined : nanos === 0n ? a.scale : isZero ? other.scale : Math.min(a.scale, other.scale)
  return new QuantityValue({ nanos: a.quantity.nanos + nanos, format: isZero ? other.format : a.quantity.format }, scale)
}

const whole = { scale: 0, format: 'DecimalExponent' } as const

function plus(a: QuantityValue, b: QuantityValue, sign: 1n | -1n): CelValue {
  return combined(a, sign * b.quantity.nanos, { scale: b.scale, format: b.quantity.format })
}

export const quantities: readonly CelOverload[] = [
  global('string_to_quantity', 'quantity', 'string -> kubernetes.Quantity', readQuantityValue),
  global('is_quantity_string', 'isQuantity', 'string -> bool', (text: string) => readQuantityValue(text) instanceof QuantityValue),
  global('quantity_sign', 'sign', 'kubernetes.Quantity -> int', ({ quantity: { nanos } }: QuantityValue) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n)),
  ...comparisons('quantity', 'kubernetes.Quantity', compare),
  member('quantity_get_float', 'asApproximateFloat', 'kubernetes.Quantity -> double', ({ quantity: { nanos } }: QuantityValue) => Number(`${nanos}e-9`)),
  member('quantity_get_int', 'asInteger', 'kubernetes.Quantity -> int', (value: QuantityValue) => (isWhole(value) ? value.quantity.nanos / nanosPerUnit : new CelFault('cannot convert value to integer'))),
  member('quantity_is_integer', 'isInteger', 'kubernetes.Quantity -> bool', isWhole),
  member('quantity_add', 'add', 'kubernetes.Quantity, kubernetes.Quantity -> kubernetes.Quantity', (a: QuantityValue, b: QuantityValue) => plus(a, b, 1n)),
  member('quantity_add_int', 'add', 'kubernetes.Quantity, int -> kubernetes.Quantity', (a: QuantityValue, b: bigint) => combined(a, b * nanosPerUnit, whole)),
  member('quantity_sub', 'sub', 'kubernetes.Quantity, kubernetes.Quantity -> kubernetes.Quantity', (a: QuantityValue, b: QuantityValue) => plus(a, b, -1n)),
  member('quantity_sub_int', 'sub', 'kubernetes.Quantity, int -> kubernetes.Quantity', (a: QuantityValue, b: bigint) => combined(a, -b * nanosPerUnit, whole)),
]
