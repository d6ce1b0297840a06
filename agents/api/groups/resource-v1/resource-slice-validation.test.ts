import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validateSliceChange, validateSliceSpec } from './resource-slice-validation.ts'
import type { ResourceSliceSpec } from './types.ts'

const spec: ResourceSliceSpec = { driver: 'e.com', nodeName: 'n', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'd' }] }
const errors = (more: Partial<ResourceSliceSpec>) => fieldErrorsText(validateSliceSpec({ ...spec, ...more }))

describe('what drivers publish of their devices', () => {
  test('SL1 a slice says whose it is and which nodes reach it, in one way', () => {
    expect(errors({})).toBe('[]')
    const { nodeName: _node, ...nowhere } = spec
    expect(fieldErrorsText(validateSliceSpec({ ...nowhere, driver: '', pool: { name: '', generation: 0, resourceSliceCount: 0 } }))).toBe('[spec.driver: Required value, spec.pool.name: Required value, spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero, spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required]')
    expect(errors({ allNodes: true })).toBe('spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set')
  })

  test('SL2 driver, pool and node never change', () => {
    expect(fieldErrorsText(validateSliceChange({ ...spec, nodeName: 'other' }, spec))).toBe('spec.nodeName: Invalid value: "other": field is immutable')
  })

  test('SL3 devices have unique names, and there are fewer of those that say much', () => {
    expect(errors({ devices: [{ name: 'd' }, { name: 'd' }, { name: 'Bad_Name' }] })).toMatch(/spec\.devices\[2\]\.name: Invalid value: "Bad_Name": .*spec\.devices\[1\]\.name: Duplicate value: "d"/)
    const many = Array.from({ length: 65 }, (_, index) => ({ name: `d${index}` }))
    expect(errors({ devices: many })).toBe('[]')
    expect(errors({ devices: [...many.slice(1), { name: 'listed', attributes: { models: { strings: ['a'] } } }] })).toBe('spec.devices: Too many: 65: must have at most 64 items')
  })

  test('SL4 an attribute has a name that programs can say, and one value', () => {
    expect(errors({ devices: [{ name: 'd', attributes: { 'e.com/model': { string: 'x' }, version: { version: '1.2.3' } } }] })).toBe('[]')
    expect(errors({ devices: [{ name: 'd', attributes: { version: { version: '1.2' }, both: { bool: true, int: 1 } } }] })).toBe('[spec.devices[0].attributes[version].version: Invalid value: "1.2": must be a string compatible with semver.org spec 2.0.0, spec.devices[0].attributes[both]: Invalid value: {"bool":true,"int":1}: exactly one value must be specified]')
  })

  const device = (more: object) => errors({ devices: [{ name: 'd', ...more }] as never })

  test('SL5 a device says which nodes reach it where the slice leaves that to it', () => {
    expect(device({ allNodes: true })).toContain('can only be set if `perDeviceNodeSelection` is set to true')
    const { nodeName: _node, ...left } = { ...spec, perDeviceNodeSelection: true }
    expect(fieldErrorsText(validateSliceSpec(left))).toContain('spec.devices[0]: Required value: exactly one of')
    expect(fieldErrorsText(validateSliceSpec({ ...left, devices: [{ name: 'd', allNodes: true, nodeName: 'n' }] }))).toContain('Invalid value: "{`nodeName`, `allNodes`}"')
    expect(fieldErrorsText(validateSliceSpec({ ...left, devices: [{ name: 'd', nodeName: 'n' }] }))).toBe('[]')
  })

  test('SL6 taints, SL7 counters and SL8 conditions are whole', () => {
    expect(device({ taints: [{ key: 'k', effect: 'Odd' }] })).toBe('spec.devices[0].taints[0].effect: Unsupported value: "Odd": supported values: "NoExecute", "NoSchedule", "None"')
    expect(device({ consumesCounters: [{ counterSet: '', counters: {} }] })).toBe('[spec.devices[0].consumesCounters[0].counterSet: Required value, spec.devices[0].consumesCounters[0].counters: Required value]')
    expect(device({ bindingConditions: ['a'] })).toBe('spec.devices[0].bindingFailureConditions: Invalid value: null: bindingFailureConditions are required to use bindingConditions')
    expect(device({ bindingConditions: ['a'], bindingFailureConditions: ['a'] })).toContain('must not overlap with bindingConditions')
    expect(errors({ sharedCounters: [] })).toBe('spec: Invalid value: "": only one of `sharedCounters` or `devices` is allowed')
  })
})
