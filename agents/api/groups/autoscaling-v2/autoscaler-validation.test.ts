import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { validateBehavior, validateMetrics } from './autoscaler-validation.ts'

describe('autoscalers', () => {
  test.each([
    [{ type: 'Resource' }, 'spec.metrics[0].resource: Required value: must populate information for the given metric source'],
    [{ type: 'Strange' }, 'spec.metrics[0].type: Unsupported value: "Strange": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'],
    [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }, 'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization'],
    [{ type: 'Resource', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '1' } }, resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }, 'spec.metrics[0].pods: Forbidden: must populate the given metric source only'],
    [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }, '[]'],
  ])('HV1 %j', (metric, text) => {
    expect(fieldErrorsText(validateMetrics([metric as never], 1))).toBe(text)
  })

  test('HV1 zero replicas need a metric from outside', () => {
    expect(fieldErrorsText(validateMetrics([], 0))).toBe('spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas')
  })

  test('HV1 a source and its target are judged by their parts', () => {
    const of = (metric: object) => fieldErrorsText(validateMetrics([metric as never], 1))
    expect(of({ type: '', containerResource: { name: 'likely', container: '', target: { type: '' } } })).toBe('[spec.metrics[0].type: Required value: must specify a metric source type, spec.metrics[0].type: Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource", spec.metrics[0].containerResource.name: Invalid value: "likely": must be a standard resource type or fully qualified, spec.metrics[0].containerResource.name: Invalid value: "likely": must be a standard resource for containers, spec.metrics[0].containerResource.container: Required value: must specify a container, spec.metrics[0].containerResource.target.type: Required value: must specify a metric target type, spec.metrics[0].containerResource.target.type: Invalid value: "": must be either Utilization, Value, or AverageValue, spec.metrics[0].containerResource.target.averageUtilization: Required value: must set either a target raw value or a target utilization]')
    expect(of({ type: 'Object', object: { describedObject: { kind: '', name: 'n' }, metric: { name: 'm' }, target: { type: 'Value', value: '0' } } })).toBe('[spec.metrics[0].object.describedObject.kind: Required value, spec.metrics[0].object.target.value: Invalid value: "0": must be positive]')
  })

  test('HV2 there is a policy, and a tolerance is not negative', () => {
    expect(fieldErrorsText(validateBehavior({ scaleDown: { policies: [], tolerance: '-1' } }))).toBe('[spec.behavior.scaleDown.policies: Required value: must specify at least one Policy, spec.behavior.scaleDown.tolerance: Invalid value: "-1": must be greater than or equal to 0]')
  })

  test('HV2 rules are bounded', () => {
    const text = fieldErrorsText(validateBehavior({ scaleUp: { stabilizationWindowSeconds: 5000, policies: [{ type: 'Strange', value: 0, periodSeconds: 0 }], selectPolicy: 'Strange' } }))
    expect(text).toBe('[spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 5000: must be less than or equal to 3600, spec.behavior.scaleUp.selectPolicy: Unsupported value: "Strange": supported values: "Disabled", "Max", "Min", spec.behavior.scaleUp.policies[0].type: Unsupported value: "Strange": supported values: "Percent", "Pods", spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero, spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 0: must be greater than zero]')
  })
})
