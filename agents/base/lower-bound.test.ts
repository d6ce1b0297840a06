import { expect, test } from 'vitest'
import { lowerBound } from './lower-bound.ts'

test.each([['', 0], ['a', 0], ['b', 1], ['c', 1], ['d', 2], ['z', 3]])('the first key not below %j', (key, index) => {
  expect(lowerBound(['a', 'c', 'e'], key)).toBe(index)
})

test('nothing is not below in nothing', () => {
  expect(lowerBound([], 'a')).toBe(0)
})
