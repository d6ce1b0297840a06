import { describe, expect, test } from 'vitest'
import { decodeObject, strictErrorText, TypeMismatchError } from './decode.ts'

const deployment = 'io.k8s.api.apps.v1.Deployment'
const pod = 'io.k8s.api.core.v1.Pod'

describe('decodeObject', () => {
  test('DE1 names unknown fields by their path', () => {
    const { object, unknown } = decodeObject({ metadata: { name: 'x' }, foo: 1, spec: { containers: [{ name: 'a', imagee: 'b' }] } }, pod)
    expect(unknown).toEqual(['foo', 'spec.containers[0].imagee'])
    expect(object).not.toHaveProperty('foo')
    expect(strictErrorText({ unknown: ['spec.foo'], duplicates: ['spec.replicas'] })).toBe('strict decoding error: unknown field "spec.foo", duplicate field "spec.replicas"')
    expect(strictErrorText({})).toBeUndefined()
  })

  test.each([
    [{ spec: { replicas: 'x' } }, 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [{ spec: { replicas: 1.5 } }, 'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [{ spec: { replicas: 3_000_000_000 } }, 'json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32'],
    [{ spec: { template: { spec: { containers: [{ env: [{ name: 5 }] }] } } } }, 'json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.name of type string'],
    [{ spec: { template: { spec: { containers: {} } } } }, 'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container'],
    [{ metadata: { labels: { a: true } } }, 'json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string'],
  ])('DE2 refuses wrong types in upstream\'s words: %j', (value, message) => {
    expect(() => decodeObject(value, deployment)).toThrow(new TypeMismatchError(message))
  })

  test('DE3 writes quantities, times and base64 in canonical form and drops nulls', () => {
    const { object } = decodeObject({
      metadata: { name: 'x', creationTimestamp: null, deletionTimestamp: '2026-01-01T01:00:00.5+01:00' },
      spec: { containers: [{ name: 'a', resources: { limits: { cpu: 1, memory: '1024Mi' } } }] },
    }, pod)
    expect(object).toMatchObject({ metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: { containers: [{ resources: { limits: { cpu: '1', memory: '1Gi' } } }] } })
    expect(object['metadata']).not.toHaveProperty('creationTimestamp')
    expect(decodeObject({ spec: { renewTime: '2026-01-01T00:00:00.123456Z' } }, 'io.k8s.api.coordination.v1.Lease').object).toMatchObject({ spec: { renewTime: '2026-01-01T00:00:00.123456Z' } })
  })

  test('DE4 writes what Go always writes and leaves out what Go leaves out', () => {
    const { object } = decodeObject({ spec: { replicas: 0, paused: false, selector: {}, template: { spec: { containers: [{ name: 'a', command: [], tty: false }], hostNetwork: false } } } }, deployment)
    expect(object).toEqual({
      metadata: {},
      spec: { replicas: 0, selector: {}, strategy: {}, template: { metadata: {}, spec: { containers: [{ name: 'a', resources: {} }] } } },
      status: {},
    })
  })

  test('DE5 is idempotent', () => {
    const once = decodeObject({ spec: { containers: [{ name: 'a', ports: [{ containerPort: 80 }] }] } }, pod).object
    expect(decodeObject(once, pod).object).toEqual(once)
  })

  test('keys of Object.prototype are ordinary map keys and unknown fields', () => {
    const labels = JSON.parse('{"__proto__":"a","constructor":"b"}') as object
    const { object, unknown } = decodeObject({ metadata: { labels }, toString: 1, __proto__x: 1 }, pod)
    expect(Object.keys((object['metadata'] as { labels: object }).labels)).toEqual(['__proto__', 'constructor'])
    expect(unknown).toEqual(['toString', '__proto__x'])
  })
})
