/**
 * How a driver may say that parts of a device's capacity are given away. Upstream: pkg/apis/resource/validation
 * validateRequestPolicy.
 *
 *   CP1  Only devices that allow several allocations have such a policy.
 *   CP2  It names valid values or a range, not both, and then a default that is one of them.
 *   CP3  Valid values ascend and are at most the capacity; ten of them fit.
 *   CP4  A range has a least; its most, its default and one step are within the capacity and reached by whole steps.
 */
import { duplicate, forbidden, invalid, required, tooMany, type FieldError } from '../../field-error.ts'
import { canonicalQuantity, compareQuantities, addQuantities, quantityValue } from '../../schema/quantity.ts'
import type { CapacityRequestPolicyRange, Device, DeviceCapacity } from './types.ts'

const mostValues = 10

export function validateCapacityPolicy({ value, requestPolicy }: DeviceCapacity, { allowMultipleAllocations }: Pick<Device, 'allowMultipleAllocations'>, path: string): FieldError[] {
  if (requestPolicy === undefined) return []
  if (allowMultipleAllocations !== true) return [forbidden(`${path}.requestPolicy`, 'allowMultipleAllocations must be true')] // CP1
  const at = `${path}.requestPolicy`
  const { default: usual, validRange, validValues = [] } = requestPolicy
  if (validValues.length > 0 && validRange !== undefined) return [forbidden(at, 'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time')] // CP2
  if (validValues.length > 0) return usual === undefined ? [required(`${at}.default`, 'required when validValues is defined')] : validateValues(usual, value, validValues, `${at}.validValues`)
  if (validRange === undefined) return []
  return usual === undefined ? [required(`${at}.default`, 'required when validRange is defined')] : validateRange(usual, value, validRange, `${at}.validRange`)
}

/** CP3 */
function validateValues(usual: string, most: string, values: readonly string[], path: string): FieldError[] {
  const errors = values.flatMap((value, index) => (index > 0 && compareQuantities(values[index - 1]!, value) > 0 ? [invalid(`${path}[${index}]`, canonicalQuantity(value), 'values must be sorted in ascending order')] : []))
  if (values.length > mostValues) errors.push(tooMany(path, values.length, mostValues))
  for (const [index, value] of values.entries()) {
    if (compareQuantities(value, most) > 0) errors.push(invalid(`${path}[${index}]`, canonicalQuantity(value), `option is larger than capacity value: ${canonicalQuantity(most)}`))
    if (values.findIndex(other => quantityValue(other) === quantityValue(value)) < index) errors.push(duplicate(`${path}[${index}]`, String(quantityValue(value))))
  }
  if (!values.some(value => compareQuantities(value, usual) === 0)) errors.push(invalid(path, canonicalQuantity(usual), 'default value is not valid according to the requestPolicy'))
  return errors
}

/** CP4 */
function validateRange(usual: string, whole: string, { min, max, step }: CapacityRequestPolicyRange, path: string): FieldError[] {
  if (min === undefined) return [required(`${path}.min`, 'required when validRange is defined')]
  const errors: FieldError[] = []
  const check = (isWrong: boolean, field: string, value: string, text: string, bound: string): void => { if (isWrong) errors.push(invalid(`${path}.${field}`, canonicalQuantity(value), `${text}: ${canonicalQuantity(bound)}`)) }
  const isMore = (a: string, b: string): boolean => compareQuantities(a, b) > 0
  check(isMore(min, whole), 'min', min, 'min is larger than capacity value', whole)
  check(isMore(min, usual), 'min', usual, 'default is less than min', min)
  if (max !== undefined) {
    check(isMore(min, max), 'max', min, 'min is larger than max', max)
    check(isMore(max, whole), 'max', max, 'max is larger than capacity value', whole)
    check(isMore(usual, max), 'max', usual, 'default is more than max', max)
  }
  if (step === undefined) return errors
  const first = addQuantities(min, step)
  check(isMore(first, whole), 'step', step, `one step ${canonicalQuantity(first)} is larger than capacity value`, whole)
  for (const value of [usual, ...(max === undefined ? [] : [max])]) {
    if (quantityValue(step) === 0n || (quantityValue(value) - quantityValue(min)) % quantityValue(step) !== 0n) errors.push(invalid(`${path}.step`, canonicalQuantity(value), `value is not a multiple of a given step (${canonicalQuantity(step)}) from (${canonicalQuantity(min)})`))
  }
  return errors
}
