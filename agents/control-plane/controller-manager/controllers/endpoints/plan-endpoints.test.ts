import { describe, expect, it } from 'vitest'
import type { Pod, Service, ServiceSpec } from '../../../../api/groups/core-v1/types.ts'
import { planEndpoints } from './plan-endpoints.ts'

const serviceOf = (spec: Partial<ServiceSpec> = {}) => ({ metadata: { name: 'web' }, spec: { ports: [{ port: 80, targetPort: 'http' }], ...spec } }) as unknown as Service
const podOf = (ip: string, { port = 8080, phase = 'Running', deleting = false, ready = true } = {}) => ({
  metadata: { name: `at-${ip}`, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  spec: { containers: [{ name: 'c', ports: [{ name: 'http', containerPort: port }] }] },
  status: { phase, ...(ip === '' ? {} : { podIP: ip, podIPs: [{ ip }] }), conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
}) as unknown as Pod
const show = (service: Service, pods: readonly Pod[]) => planEndpoints(service, pods).subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => `${addresses.map(({ ip }) => ip).join()} | ${notReadyAddresses.map(({ ip }) => ip).join()} : ${ports.map(({ port }) => port).join()}`)

describe('subsets of Endpoints', () => {
  it('EP1: what has finished, has no address or is being deleted is left out', () => {
    const pods = [podOf('10.0.0.1'), podOf('10.0.0.2', { phase: 'Succeeded' }), podOf(''), podOf('10.0.0.4', { deleting: true, ready: false }), podOf('10.0.0.5', { ready: false })]
    expect(show(serviceOf(), pods)).toEqual(['10.0.0.1 | 10.0.0.5 : 8080'])
    expect(show(serviceOf({ publishNotReadyAddresses: true }), pods)).toEqual(['10.0.0.1,10.0.0.4,10.0.0.5 |  : 8080'])
  })

  it('EP2: a subset for each set of ports, in the same order whatever the order of the Pods', () => {
    const pods = [podOf('10.0.0.3', { port: 9090 }), podOf('10.0.0.2'), podOf('10.0.0.1')]
    const subsets = ['10.0.0.1,10.0.0.2 |  : 8080', '10.0.0.3 |  : 9090']
    expect(show(serviceOf(), pods)).toEqual(subsets)
    expect(show(serviceOf(), pods.toReversed())).toEqual(subsets)
  })

  it('EP3: of more than 1000 addresses those that are ready stay', () => {
    const pods = Array.from({ length: 1_002 }, (_, index) => podOf(`10.0.${Math.floor(index / 250)}.${index % 250}`, { ready: index > 2 }))
    const { subsets, isOverCapacity } = planEndpoints(serviceOf(), pods)
    expect([subsets[0]!.addresses!.length, subsets[0]!.notReadyAddresses!.length, isOverCapacity]).toEqual([999, 1, true])
    expect(planEndpoints(serviceOf(), pods.slice(2)).isOverCapacity).toBe(false)
  })
})
