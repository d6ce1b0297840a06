/** LimitRange, ResourceQuota: what is refused, as upstream 1.36 says it. */
import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import type { KubernetesObject } from '../../kubernetes-object.ts'
import { kindOf } from '../../kinds.ts'

function failuresOf(resource: string, spec: unknown): string {
  const kind = kindOf('', resource)!
  const object = { metadata: { name: 'x', namespace: 'n' }, spec } as unknown as KubernetesObject
  kind.setDefaults(object)
  return fieldErrorsText(kind.validate(object))
}

describe('LimitRange', () => {
  test('LR2 compares every lower bound with every upper one', () => {
    expect(failuresOf('limitranges', { limits: [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }] })).toBe(
      '[spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1, spec.limits[0].defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1, spec.limits[0].default[cpu]: Invalid value: "2": min value 2 is greater than default value 1]',
    )
  })

  test('LR2 a ratio is at least 1 and at most max/min', () => {
    expect(failuresOf('limitranges', { limits: [{ type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } }] })).toContain('ratio 500m is less than 1')
    expect(failuresOf('limitranges', { limits: [{ type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } }] })).toContain('ratio 3 is greater than max/min = 2.000000')
  })

  test('types are known, and claims need a bound', () => {
    expect(failuresOf('limitranges', { limits: [{ type: 'Strange' }] })).toContain('spec.limits[0].type: Invalid value: "Strange": must be a standard limit type or fully qualified')
    expect(failuresOf('limitranges', { limits: [{ type: 'PersistentVolumeClaim' }] })).toContain('spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided')
  })
})

describe('ResourceQuota', () => {
  test('QV1 knows the names that quota counts', () => {
    expect(failuresOf('resourcequotas', { hard: { nonsense: '1' } })).toBe('[spec.hard[nonsense]: Invalid value: "nonsense": must be a standard resource type or fully qualified, spec.hard[nonsense]: Invalid value: "nonsense": must be a standard resource for quota]')
    expect(failuresOf('resourcequotas', { hard: { storage: '1' } })).toBe('spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota')
    expect(failuresOf('resourcequotas', { hard: { 'count/deployments.apps': '1', 'requests.hugepages-2Mi': '1', 'example.com/x': '1', pods: '1' } })).toBe('[]')
  })

  test('QV2 scopes fit their resources and one another', () => {
    expect(failuresOf('resourcequotas', { hard: { cpu: '1', pods: '2' }, scopes: ['BestEffort'] })).toBe('spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource')
    expect(failuresOf('resourcequotas', { hard: { pods: '2' }, scopes: ['Terminating', 'NotTerminating'] })).toBe('spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes')
    expect(failuresOf('resourcequotas', { hard: { pods: '2' }, scopes: ['constructor'] })).toBe('spec.scopes: Invalid value: ["constructor"]: unsupported scope')
  })
})
