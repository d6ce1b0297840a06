import { describe, expect, test } from 'vitest'
import { validateCapacityPolicy } from './capacity-policy-validation.ts'
import type { CapacityRequestPolicy } from './types.ts'

const errorsOf = (requestPolicy: CapacityRequestPolicy, allowMultipleAllocations = true) => validateCapacityPolicy({ value: '10Gi', requestPolicy }, { allowMultipleAllocations }, 'c').map(({ path, message }) => `${path}: ${message}`)

describe('policies of capacities', () => {
  test('CP1 only a device that several may have gives parts away', () => {
    expect(errorsOf({ default: '1Gi' }, false)).toEqual(['c.requestPolicy: Forbidden: allowMultipleAllocations must be true'])
    expect(errorsOf({ default: '1Gi' })).toEqual([])
  })

  test('CP2 values or a range, and a default', () => {
    expect(errorsOf({ default: '1Gi', validValues: ['1Gi'], validRange: { min: '1Gi' } })).toEqual(['c.requestPolicy: Forbidden: exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time'])
    expect(errorsOf({ validValues: ['1Gi'] })).toEqual(['c.requestPolicy.default: Required value: required when validValues is defined'])
    expect(errorsOf({ validRange: { min: '1Gi' } })).toEqual(['c.requestPolicy.default: Required value: required when validRange is defined'])
  })

  test('CP3 values ascend up to the capacity, the default among them', () => {
    expect(errorsOf({ default: '1Gi', validValues: ['1Gi', '2Gi'] })).toEqual([])
    expect(errorsOf({ default: '3Gi', validValues: ['2Gi', '1Gi', '11Gi'] })).toEqual([
      'c.requestPolicy.validValues[1]: Invalid value: "1Gi": values must be sorted in ascending order', 'c.requestPolicy.validValues[2]: Invalid value: "11Gi": option is larger than capacity value: 10Gi',
      'c.requestPolicy.validValues: Invalid value: "3Gi": default value is not valid according to the requestPolicy',
    ])
  })

  test('CP4 a range within the capacity, in whole steps', () => {
    expect(errorsOf({ default: '3Gi', validRange: { min: '1Gi', max: '9Gi', step: '2Gi' } })).toEqual([])
    expect(errorsOf({ default: '1Gi', validRange: {} as never })).toEqual(['c.requestPolicy.validRange.min: Required value: required when validRange is defined'])
    expect(errorsOf({ default: '1Gi', validRange: { min: '2Gi', max: '11Gi', step: '9Gi' } })).toEqual([
      'c.requestPolicy.validRange.min: Invalid value: "1Gi": default is less than min: 2Gi', 'c.requestPolicy.validRange.max: Invalid value: "11Gi": max is larger than capacity value: 10Gi',
      'c.requestPolicy.validRange.step: Invalid value: "9Gi": one step 11Gi is larger than capacity value: 10Gi', 'c.requestPolicy.validRange.step: Invalid value: "1Gi": value is not a multiple of a given step (9Gi) from (2Gi)',
    ])
  })
})
