import { describe, expect, test } from 'vitest'
import { validateClaimSpec, validateSelectors } from './resource-claim-validation.ts'

const asking = (expression: string) => ({ devices: { requests: [{ name: 'x', exactly: { deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1, selectors: [{ cel: { expression } }] } }] } })
const texts = (errors: readonly { readonly path: string; readonly message: string }[]) => errors.map(({ path, message }) => `${path}: ${message}`)

describe('selectors of devices', () => {
  test('RV3: what is about a device and says yes or no is taken', () => {
    expect(validateClaimSpec(asking('device.attributes["d"].model == "a" && device.capacity["d"].memory.compareTo(quantity("1Gi")) >= 0'), 'spec')).toEqual([])
  })

  test('RV3: anything else is refused where it stands', () => {
    expect(texts(validateClaimSpec(asking('device.colour == "red"'), 'spec'))).toEqual([expect.stringMatching(/^spec\.devices\.requests\[0\]\.exactly\.selectors\[0\]\.cel\.expression: Invalid value: .*compilation failed: ERROR: <input>:1:7: undefined field 'colour'/s)])
    expect(texts(validateSelectors([{ cel: { expression: 'device.driver' } }, {}], 'spec.selectors'))).toEqual([
      expect.stringContaining('spec.selectors[0].cel.expression: Invalid value: "device.driver": compilation failed: must evaluate to bool'),
      'spec.selectors[1].cel: Required value',
    ])
  })
})
