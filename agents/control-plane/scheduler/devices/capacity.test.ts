import { describe, expect, test } from 'vitest'
import type { CapacityRequestPolicy } from '../../../api/groups/resource-v1/types.ts'
import { consumedCapacity, hasRoom, SharedCapacity } from './capacity.ts'

const device = (requestPolicy?: CapacityRequestPolicy) => ({ capacity: { memory: { value: '10Gi', ...(requestPolicy === undefined ? {} : { requestPolicy }) } } })
const consumed = (asked: string | undefined, policy?: CapacityRequestPolicy) => consumedCapacity(asked === undefined ? {} : { memory: asked }, device(policy))?.['memory']

describe('consumed capacity', () => {
  test('CC1 what the device has not cannot be asked of it', () => {
    expect(consumedCapacity({ cores: '1' }, device())).toBeUndefined()
    expect(consumedCapacity({}, {})).toEqual({})
  })

  test('CC2 who asks for nothing gets the default, or all of it', () => {
    expect(consumed(undefined)).toBe('10Gi')
    expect(consumed(undefined, { default: '1Gi' })).toBe('1Gi')
    expect(consumed('3Gi')).toBe('3Gi')
  })

  test.each([['500Mi', '1Gi'], ['1Gi', '1Gi'], ['1025Mi', '3Gi'], ['3Gi', '3Gi'], ['6Gi', '7Gi'], ['8Gi', undefined]])('CC3 CC4 of a range from 1Gi in steps of 2Gi to 7Gi, %s makes %s', (asked, amount) => {
    expect(consumed(asked, { default: '1Gi', validRange: { min: '1Gi', step: '2Gi', max: '7Gi' } })).toBe(amount)
  })

  test.each([['500Mi', '1Gi'], ['2Gi', '4Gi'], ['4Gi', '4Gi'], ['5Gi', undefined]])('CC3 CC4 of the values 1Gi and 4Gi, %s makes %s', (asked, amount) => {
    expect(consumed(asked, { default: '1Gi', validValues: ['1Gi', '4Gi'] })).toBe(amount)
  })

  test('CC4 more than the device has is never served', () => {
    expect(consumed('11Gi')).toBeUndefined()
  })

  test('CC5 shares add up until they are given back', () => {
    const shares = new SharedCapacity()
    const wants = (memory: string) => hasRoom('a', { memory }, device(), [shares])
    shares.add('a', { memory: '6Gi' })
    shares.add('a', { memory: '2Gi' })
    expect([wants('2Gi'), wants('3Gi')]).toEqual([true, false])
    shares.remove('a', { memory: '6Gi' })
    expect([wants('8Gi'), shares.has('a')]).toEqual([true, true])
    shares.remove('a', { memory: '2Gi' })
    expect(shares.has('a')).toBe(false)
  })
})
