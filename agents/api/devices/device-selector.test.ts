import { describe, expect, test } from 'vitest'
import { toleratesTaint } from './device-taints.ts'
import { compileDeviceSelector, selectsDevice } from './device-selector.ts'

const gpu = {
  name: 'gpu-0',
  attributes: { model: { string: 'a100' }, index: { int: 3 }, 'other.example.com/fast': { bool: true }, driverVersion: { version: '1.10.0' } },
  capacity: { memory: { value: '40Gi' } },
}
const selects = (expression: string) => selectsDevice(compileDeviceSelector(expression), gpu, 'gpu.example.com')

describe('device selectors', () => {
  test.each([
    ['DS2', 'device.driver == "gpu.example.com"', true],
    ['DS2', 'device.attributes["gpu.example.com"].model == "a100" && device.attributes["gpu.example.com"].index > 2', true],
    ['DS2', 'device.attributes["other.example.com"].fast', true],
    ['DS1', '"nobody.example.com" in device.attributes', false],
    ['DS1', '"x" in device.attributes["nobody.example.com"]', false],
    ['DS3', 'device.capacity["gpu.example.com"].memory.compareTo(quantity("20Gi")) > 0', true],
    ['DS3', 'device.attributes["gpu.example.com"].driverVersion.isGreaterThan(semver("1.9.9"))', true],
    ['DS2', 'cel.bind(own, device.attributes["gpu.example.com"], own.model == "a100" && own.index == 4)', false],
    ['DS2', 'device.allowMultipleAllocations', false],
  ])('%s: %s is %s', (_rule, expression, wanted) => {
    expect(selects(expression)).toBe(wanted)
  })

  test('what is not there is a fault, and so is what does not say yes or no', () => {
    expect(() => selects('device.attributes["nobody.example.com"].model == "x"')).toThrow('no such key: model')
    expect(() => compileDeviceSelector('device.driver')).toThrow('must evaluate to bool')
  })
})

test('a toleration takes the taints it names, and any where it names nothing', () => {
  const taint = { key: 'broken', value: 'fan', effect: 'NoExecute' }
  expect([{ operator: 'Exists' }, { key: 'broken', operator: 'Exists' }, { key: 'broken', value: 'fan' }, { key: 'broken', value: 'disk' }, { operator: 'Exists', effect: 'NoSchedule' }].map(toleration => toleratesTaint(toleration, taint))).toEqual([true, true, true, false, false])
})
