/** Quantities: `quantity('50k').add(20).isGreaterThan(quantity('1Mi'))`. */
import { parseQuantity, QuantityError, quantityText } from '../../schema/quantity.ts'
import type { ParsedQuantity } from '../../schema/quantity.ts'
import { CelFault, CelOpaque } from '../cel-value.ts'
import type { CelValue } from '../cel-value.ts'
import { global, member } from '../declarations.ts'
import type { CelOverload } from '../declarations.ts'

const nanosPerUnit = 1_000_000_000n

export class QuantityValue extends CelOpaque {
  readonly typeName = 'kubernetes.Quantity'
  readonly quantity: ParsedQuantity

  constructor(quantity: ParsedQuantity) {
    super()
    this.quantity = quantity
  }

  override equals(other: CelOpaque): boolean {
    return other instanceof QuantityValue && other.quantity.nanos === this.quantity.nanos
  }

  get text(): string {
    return quantityText(this.quantity)
  }
}

function read(text: string): QuantityValue | CelFault {
  try {
    return new QuantityValue(parseQuantity(text))
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error
    return new CelFault(error.message)
  }
}

function isWhole({ quantity: { nanos } }: QuantityValue): boolean {
  return nanos % nanosPerUnit === 0n && nanos / nanosPerUnit <= 2n ** 63n - 1n && nanos / nanosPerUnit >= -(2n ** 63n)
}

function compare(a: QuantityValue, b: QuantityValue): number {
  return a.quantity.nanos < b.quantity.nanos ? -1 : a.quantity.nanos > b.quantity.nanos ? 1 : 0
}

function combined(a: QuantityValue, nanos: bigint, other: ParsedQuantity['format']): CelValue {
  return new QuantityValue({ nanos: a.quantity.nanos + nanos, format: a.quantity.nanos === 0n ? other : a.quantity.format })
}

export const quantities: readonly CelOverload[] = [
  global('string_to_quantity', 'quantity', 'string -> kubernetes.Quantity', read),
  global('is_quantity_string', 'isQuantity', 'string -> bool', (text: string) => read(text) instanceof QuantityValue),
  global('quantity_sign', 'sign', 'kubernetes.Quantity -> int', ({ quantity: { nanos } }: QuantityValue) => (nanos > 0n ? 1n : nanos < 0n ? -1n : 0n)),
  member('quantity_is_greater_than', 'isGreaterThan', 'kubernetes.Quantity, kubernetes.Quantity -> bool', (a: QuantityValue, b: QuantityValue) => compare(a, b) > 0),
  member('quantity_is_less_than', 'isLessThan', 'kubernetes.Quantity, kubernetes.Quantity -> bool', (a: QuantityValue, b: QuantityValue) => compare(a, b) < 0),
  member('quantity_compare_to', 'compareTo', 'kubernetes.Quantity, kubernetes.Quantity -> int', (a: QuantityValue, b: QuantityValue) => BigInt(compare(a, b))),
  member('quantity_get_float', 'asApproximateFloat', 'kubernetes.Quantity -> double', ({ quantity: { nanos } }: QuantityValue) => Number(`${nanos}e-9`)),
  member('quantity_get_int', 'asInteger', 'kubernetes.Quantity -> int', (value: QuantityValue) => (isWhole(value) ? value.quantity.nanos / nanosPerUnit : new CelFault('cannot convert value to integer'))),
  member('quantity_is_integer', 'isInteger', 'kubernetes.Quantity -> bool', isWhole),
  member('quantity_add', 'add', 'kubernetes.Quantity, kubernetes.Quantity -> kubernetes.Quantity', (a: QuantityValue, b: QuantityValue) => combined(a, b.quantity.nanos, b.quantity.format)),
  member('quantity_add_int', 'add', 'kubernetes.Quantity, int -> kubernetes.Quantity', (a: QuantityValue, b: bigint) => combined(a, b * nanosPerUnit, 'DecimalExponent')),
  member('quantity_sub', 'sub', 'kubernetes.Quantity, kubernetes.Quantity -> kubernetes.Quantity', (a: QuantityValue, b: QuantityValue) => combined(a, -b.quantity.nanos, b.quantity.format)),
  member('quantity_sub_int', 'sub', 'kubernetes.Quantity, int -> kubernetes.Quantity', (a: QuantityValue, b: bigint) => combined(a, -b * nanosPerUnit, 'DecimalExponent')),
]
