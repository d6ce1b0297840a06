import { expect, test } from 'vitest'
import { readFeatureGates } from './feature-gates.ts'

test('gates are as in upstream 1.36 unless set; those that change nothing here are accepted', () => {
  expect(readFeatureGates('')).toEqual({ AllowUnsafeMalformedObjectDeletion: false })
  expect(readFeatureGates('WatchList=true,AllowUnsafeMalformedObjectDeletion=true')).toEqual({ AllowUnsafeMalformedObjectDeletion: true })
  expect(() => readFeatureGates('WatchList')).toThrow('--feature-gates: "WatchList" must be <name>=true or <name>=false')
})
