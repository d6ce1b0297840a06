import { describe, expect, test } from 'vitest'
import type { Container } from '../../../api/groups/core-v1/types.ts'
import type { DeviceClass } from '../../../api/groups/resource-v1/types.ts'
import { shortPod } from '../parity/short-objects.ts'
import { resourceAmounts } from '../snapshot/resource-amounts.ts'
import { asksForDevices, extendedClaimOf, extendedRequestsOn, foremostClass, isUnwritten, resourcesOf } from './extended-resources.ts'

const gpu = 'example.com/gpu'
const deviceClass = (name: string, extendedResourceName?: string, creationTimestamp = '2026-01-01T00:00:00Z'): DeviceClass => ({ apiVersion: 'resource.k8s.io/v1', kind: 'DeviceClass', metadata: { name, uid: name, resourceVersion: '1', creationTimestamp }, spec: extendedResourceName === undefined ? {} : { extendedResourceName } })
const classOf = (resource: string) => (resource === gpu ? deviceClass('gpu', gpu) : undefined)
const container = (name: string, requests: Record<string, string>, more: Partial<Container> = {}): Container => ({ name, image: 'web', resources: { requests }, ...more })
const podOf = (containers: Container[], initContainers: Container[] = []) => shortPod({ is: 'p', spec: { containers, initContainers } })

function told(pod: ReturnType<typeof podOf>, allocatable: Record<string, string> = {}) {
  const found = extendedRequestsOn(pod, resourceAmounts(allocatable), classOf)
  return found === undefined ? undefined : { requests: found.requests.map(({ name, exactly }) => `${name} ${exactly!.deviceClassName} ${exactly!.count}`), mappings: found.mappings.map(({ containerName, requestName }) => `${containerName}: ${requestName}`) }
}

describe('extended resources behind which devices stand', () => {
  test('EX1 a class stands behind what it names and behind its own name; the newest of several counts, then the first', () => {
    expect(resourcesOf(deviceClass('gpu', gpu))).toEqual(['deviceclass.resource.kubernetes.io/gpu', gpu])
    expect(foremostClass([deviceClass('old', gpu), deviceClass('new', gpu, '2026-01-02T00:00:00Z')])?.metadata.name).toBe('new')
    expect(foremostClass([deviceClass('b', gpu), deviceClass('a', gpu)])?.metadata.name).toBe('a')
    expect(foremostClass([])).toBeUndefined()
  })

  test('EX2 a node that has the resource itself needs no devices; one without it and without a class cannot serve it', () => {
    const wanting = podOf([container('c', { [gpu]: '2' })])
    expect(told(wanting)).toEqual({ requests: ['container-0-request-0 gpu 2'], mappings: ['c: container-0-request-0'] })
    expect(told(wanting, { [gpu]: '1' })).toEqual({ requests: [], mappings: [] })
    expect(told(podOf([container('c', { [gpu]: '1', 'example.com/fpga': '1' })]))).toBeUndefined()
    expect(told(podOf([container('c', { [gpu]: '1', 'example.com/fpga': '1' })]), { 'example.com/fpga': '1' })?.requests).toEqual(['container-0-request-1 gpu 1'])
    expect([asksForDevices(wanting, classOf), asksForDevices(podOf([container('c', { cpu: '1', [gpu]: '0' })]), classOf)]).toEqual([true, false])
  })

  test('EX3 each container has its request, named by its place and that of the resource in it', () => {
    expect(told(podOf([container('a', { cpu: '1', [gpu]: '1' }), container('b', { [gpu]: '2' })]))).toEqual({ requests: ['container-0-request-1 gpu 1', 'container-1-request-0 gpu 2'], mappings: ['a: container-0-request-1', 'b: container-1-request-0'] })
  })

  test('EX3 init containers that end use what comes after them, and share the largest of what that leaves', () => {
    expect(told(podOf([container('main', { [gpu]: '2' })], [container('one', { [gpu]: '1' }), container('three', { [gpu]: '3' }), container('five', { [gpu]: '5' })]))).toEqual({
      requests: ['container-2-request-0 gpu 3', 'container-3-request-0 gpu 2'],
      mappings: ['main: container-3-request-0', 'one: container-3-request-0', 'three: container-3-request-0', 'three: container-2-request-0', 'five: container-3-request-0', 'five: container-2-request-0'],
    })
  })

  test('EX3 a sidecar stays, so that its request is its own, and of use to those that end before it', () => {
    expect(told(podOf([container('main', { [gpu]: '1' })], [container('first', { [gpu]: '1' }), container('sidecar', { [gpu]: '1' }, { restartPolicy: 'Always' })]))).toEqual({
      requests: ['container-1-request-0 gpu 1', 'container-2-request-0 gpu 1'], mappings: ['sidecar: container-1-request-0', 'main: container-2-request-0', 'first: container-1-request-0'],
    })
  })

  test('EX4 the claim of an attempt before is found by annotation and owner', () => {
    const pod = shortPod('p gpu=1')
    const fresh = extendedClaimOf(pod, [])
    expect([isUnwritten(fresh), fresh.metadata.generateName]).toEqual([true, 'p-extended-resources-'])
    const written = { ...fresh, metadata: { ...fresh.metadata, name: 'p-extended-resources-x' } }
    expect(extendedClaimOf(pod, [written])).toBe(written)
    expect(isUnwritten(extendedClaimOf(pod, [{ ...written, metadata: { ...written.metadata, annotations: {} } }]))).toBe(true)
  })
})
