import { describe, expect, it } from 'vitest'
import type { Pod, Service, ServiceSpec } from '../../../../api/groups/core-v1/types.ts'
import { planServiceEndpoints } from './plan-service-endpoints.ts'

const serviceOf = (spec: Partial<ServiceSpec> = {}) => ({ metadata: { name: 'web' }, spec: { clusterIP: '10.96.0.1', ports: [{ port: 80 }], ...spec } }) as unknown as Service
const podOf = (name: string, { ip = '10.244.0.1', phase = 'Running', deleting = false, ready = true } = {}) => ({
  metadata: { name, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) }, spec: { containers: [] },
  status: { phase, ...(ip === '' ? {} : { podIP: ip, podIPs: [{ ip }] }), conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
}) as unknown as Pod
const plan = (service: Service, ...pods: readonly Pod[]) => planServiceEndpoints(service, pods, 'IPv4', () => undefined).flatMap(({ endpoints }) => endpoints)

describe('endpoints of a Service', () => {
  it('SE1: a Pod counts from having an address until it is finished, while it is being deleted too', () => {
    const pods = [podOf('new', { ip: '', phase: 'Pending' }), podOf('there'), podOf('ending', { deleting: true }), podOf('ended', { phase: 'Succeeded' })]
    expect(plan(serviceOf(), ...pods).map(({ targetRef, conditions }) => [targetRef!.name, conditions!.terminating])).toEqual([['there', false], ['ending', true]])
  })

  it('SE2: what serves but ends is not ready, unless the Service publishes all', () => {
    const pods = [podOf('good'), podOf('unready', { ready: false }), podOf('ending', { deleting: true })]
    const states = (service: Service) => plan(service, ...pods).map(({ conditions }) => [conditions!.serving, conditions!.ready])
    expect(states(serviceOf())).toEqual([[true, true], [false, false], [true, false]])
    expect(states(serviceOf({ publishNotReadyAddresses: true }))).toEqual([[true, true], [false, true], [true, true]])
  })

  it('SE4: only a headless Service may do without ports; a Pod without the named port is an endpoint without ports', () => {
    expect(plan(serviceOf({ ports: [] }), podOf('a'))).toHaveLength(0)
    expect(plan(serviceOf({ ports: [], clusterIP: 'None' }), podOf('a'))).toHaveLength(1)
    expect(plan(serviceOf({ ports: [{ port: 80, targetPort: 'http' }] as ServiceSpec['ports'] & object }), podOf('a'))).toHaveLength(1)
  })
})
