import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../../../api/field-error.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { validateResize } from './resize-validation.ts'

const pod = (containers: object[], more: object = {}) => ({ metadata: { name: 'p' }, spec: { containers }, status: { qosClass: 'Burstable' }, ...more }) as unknown as Pod
const sized = (requests: object, limits: object = {}, more: object = {}) => ({ name: 'c', image: 'x', resources: { requests, limits }, ...more })
const failures = (next: Pod, old: Pod) => fieldErrorsText(validateResize(next, old))

describe('resize', () => {
  test('RZ1 changes cpu and memory of containers that stay', () => {
    const old = pod([sized({ cpu: '1' }, { cpu: '2' })])
    expect(failures(pod([sized({ cpu: '1500m' }, { cpu: '2' })]), old)).toBe('[]')
    expect(failures(pod([sized({ cpu: '1' }, { cpu: '2', 'ephemeral-storage': '1Gi' })]), old)).toBe('spec: Forbidden: only cpu and memory resources are mutable')
    expect(failures(pod([sized({ cpu: '1' })]), old)).toBe('spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed')
    expect(failures(pod([sized({ cpu: '1' }, { cpu: '2' }), sized({})]), old)).toBe('spec.containers: Forbidden: containers may not be added or removed on resize')
    expect(failures(pod([sized({ cpu: '1' }, { cpu: '2' }, { name: 'd' })]), old)).toBe('spec.containers[0].name: Forbidden: containers may not be renamed or reordered on resize')
  })

  test('RZ2 keeps the quality of service, and leaves static pods alone', () => {
    expect(failures(pod([sized({ cpu: '1', memory: '1Gi' }, { cpu: '1', memory: '1Gi' })]), pod([sized({ cpu: '1' })]))).toContain('spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing')
    const mirror = pod([sized({})], { metadata: { annotations: { 'kubernetes.io/config.mirror': 'x' } } })
    expect(failures(mirror, mirror)).toContain('static pods cannot be resized')
  })

  test('RZ3 init containers that end are not restarted for it', () => {
    const init = (cpu: string, policy: object = {}) => ({ metadata: {}, status: {}, spec: { containers: [sized({ cpu: '1' })], initContainers: [sized({ cpu }, {}, policy)] } }) as unknown as Pod
    const restart = { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }
    expect(failures(init('2'), init('1'))).toBe('[]')
    expect(failures(init('2', restart), init('1', restart))).toContain('non-sidecar init containers with a resize policy of RestartContainer cannot be resized')
  })
})
