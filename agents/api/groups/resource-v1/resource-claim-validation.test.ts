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

describe('constraints and configuration', () => {
  const requests = [{ name: 'x', firstAvailable: [{ name: 'best', deviceClassName: 'gpu', allocationMode: 'ExactCount', count: 1 }] }]

  test('RV4: name requests of the claim and one attribute', () => {
    expect(validateClaimSpec({ devices: { requests, constraints: [{ requests: ['x/best'], matchAttribute: 'd.example.com/model' }], config: [{ requests: ['x'], opaque: { driver: 'd.example.com', parameters: { a: 1 } } }] } }, 'spec')).toEqual([])
    expect(texts(validateClaimSpec({ devices: { requests, constraints: [{ requests: ['y'], distinctAttribute: 'model' }, {}] } }, 'spec'))).toEqual([
      'spec.devices.constraints[0].requests[0]: Invalid value: "y": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
      'spec.devices.constraints[0].distinctAttribute: Invalid value: "model": a fully qualified name must be a domain and a name separated by a slash',
      'spec.devices.constraints[1]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
    ])
    expect(texts(validateClaimSpec({ devices: { requests, config: [{}, { opaque: { driver: 'd.example.com', parameters: null as never } }] } }, 'spec'))).toEqual(['spec.devices.config[0].opaque: Required value', 'spec.devices.config[1].opaque.parameters: Required value'])
  })
})
