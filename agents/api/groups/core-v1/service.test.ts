import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { service } from './service.ts'
import type { Service } from './types.ts'

const errors = (spec: object) => {
  const object = { kind: 'Service', apiVersion: 'v1', metadata: { namespace: 'n', name: 's' }, spec: { ports: [{ port: 80 }], ...spec } } as unknown as Service
  service.setDefaults(object)
  return fieldErrorsText(service.validate(object))
}

describe('services', () => {
  test('SV2 addresses are given by clusterIP, and clusterIPs repeat it', () => {
    expect(errors({ clusterIPs: ['10.96.0.9'] })).toBe('spec.clusterIPs: Invalid value: ["10.96.0.9"]: must be empty when `clusterIP` is not specified')
    expect(errors({ clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.8'] })).toBe('spec.clusterIPs: Invalid value: ["10.96.0.8"]: first value must match `clusterIP`')
    expect(errors({ clusterIP: '10.96.0.9' })).toBe('[]')
  })

  test('SV2 who changes clusterIP alone is told that it may not change', () => {
    const old = { metadata: { name: 's' }, spec: { type: 'ClusterIP', clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9'], ports: [] } } as unknown as Parameters<typeof service.validate>[0]
    const next = structuredClone(old)
    next.spec.clusterIP = '10.96.77.77'
    service.prepareForUpdate(next, old)
    expect(next.spec.clusterIPs).toEqual(['10.96.77.77'])
    expect(fieldErrorsText(service.validateUpdate(next, old))).toContain('spec.clusterIPs[0]: Invalid value: ["10.96.77.77"]: may not change once set')
  })

  test.each([{ loadBalancerClass: 'e.com/c' }, { allocateLoadBalancerNodePorts: false }, { loadBalancerSourceRanges: ['10.0.0.0/8'] }])('SV5 %j is for load balancers', spec => {
    expect(errors(spec)).toContain("Forbidden: may only be used when `type` is 'LoadBalancer'")
    expect(errors({ ...spec, type: 'LoadBalancer' })).toBe('[]')
  })

  test('SV3 each of several ports has a name of its own', () => {
    expect(errors({ ports: [{ port: 80 }, { port: 81, name: 'a' }, { port: 82, name: 'a' }] })).toBe('[spec.ports[0].name: Required value, spec.ports[2].name: Duplicate value: "a"]')
  })

  test('a protocol of applications is a qualified name', () => {
    expect(errors({ ports: [{ port: 80, appProtocol: 'Not Likely!' }] })).toContain('spec.ports[0].appProtocol: Invalid value: "Not Likely!"')
  })
})
