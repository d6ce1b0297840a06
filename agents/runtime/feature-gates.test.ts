import { expect, test } from 'vitest'
import { readFeatureGates } from './feature-gates.ts'
import { knownGates } from './known-feature-gates.ts'

test.each([
  ['WatchLst=true', '--feature-gates: unrecognized feature gate: WatchLst'],
  ['WatchList', '--feature-gates: missing bool value for WatchList'],
  ['WatchList=yes', '--feature-gates: invalid value of WatchList=yes, err: strconv.ParseBool: parsing "yes": invalid syntax'],
  ['SidecarContainers=false', '--feature-gates: cannot set feature gate SidecarContainers to false, feature is locked to true'],
])('FG1 %s', (text, message) => {
  expect(() => readFeatureGates(text)).toThrow(message)
})

test('FG2 what is as it is by default is accepted, and what is heeded; else it is refused by name', () => {
  expect(readFeatureGates('WatchList=True, AllAlpha=false,').get('WatchList')).toBe(true)
  expect(readFeatureGates('AllowUnsafeMalformedObjectDeletion=true', ['AllowUnsafeMalformedObjectDeletion']).get('AllowUnsafeMalformedObjectDeletion')).toBe(true)
  expect(() => readFeatureGates('AllAlpha=true', ['Other'])).toThrow('--feature-gates: AllAlpha=true is not supported: this program has the features that are on by default in Kubernetes 1.36, and heeds Other')
})

test('every gate is known once', () => {
  const names = knownGates.flatMap(group => group.names)
  expect(new Set(names).size).toBe(names.length)
})
