import { expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validateTopologySpread } from './topology-spread-validation.ts'

const zone = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }
const problems = (...constraints: object[]) => fieldErrorsText(validateTopologySpread(constraints as never, 't'))

test('TS1 a least number of domains binds with DoNotSchedule only', () => {
  expect(problems({ ...zone, minDomains: 2 })).toBe('[]')
  expect(problems({ ...zone, whenUnsatisfiable: 'ScheduleAnyway', minDomains: 0 })).toBe('[t[0].minDomains: Invalid value: 0: must be greater than zero, t[0].minDomains: Invalid value: 0: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway]')
})

test('TS2 the same key and reaction are constrained once', () => {
  expect(problems(zone, { ...zone, maxSkew: 2 })).toBe('t[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"')
})

test('TS3 keys to match need a selector that does not have them', () => {
  expect(problems({ ...zone, matchLabelKeys: ['app'] })).toBe('t[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set')
  const labelSelector = { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'app', operator: 'In', values: ['a'] }] }
  expect(problems({ ...zone, matchLabelKeys: ['app'], labelSelector })).toBe('t[0][0]: Invalid value: "app": exists in both matchLabelKeys and labelSelector')
})
