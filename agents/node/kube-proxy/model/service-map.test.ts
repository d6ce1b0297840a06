import { describe, expect, test } from 'vitest'
import type { Service, ServiceSpec } from '../../../api/groups/core-v1/types.ts'
import type { Endpoint, EndpointSlice } from '../../../api/groups/discovery-v1/types.ts'
import { servicePorts } from './service-map.ts'
import { forgetArguments, staleFlows } from './stale-flows.ts'

function service(spec: ServiceSpec, labels: Record<string, string> = {}): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default', uid: 'web', resourceVersion: '1', creationTimestamp: '', labels }, spec: { clusterIP: '10.96.3.4', ports: [{ name: 'http', port: 80, protocol: 'TCP' }], ...spec }, status: {} }
}
function slice(endpoints: Endpoint[], protocol = 'TCP'): EndpointSlice {
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata: { name: 'web-1', namespace: 'default', uid: 's', resourceVersion: '1', creationTimestamp: '' }, endpoints, ports: [{ name: 'http', port: 8080, protocol }] }
}
const read = (spec: ServiceSpec, endpoints: Endpoint[], zone?: string, labels?: Record<string, string>) => servicePorts({ services: [service(spec, labels)], slicesOf: () => [slice(endpoints)], nodeName: 'node-1', zone })
const ips = (endpoints: readonly { ip: string }[]) => endpoints.map(endpoint => endpoint.ip)

describe('service map', () => {
  test('SP1 the port is part of the name when it has one', () => {
    expect(read({}, [])[0]!.name).toBe('default/web:http')
  })
  test('SP2 headless, external and foreign Services are none of ours', () => {
    expect(read({ clusterIP: 'None' }, [])).toEqual([])
    expect(read({ type: 'ExternalName' }, [])).toEqual([])
    expect(read({}, [], undefined, { 'service.kubernetes.io/service-proxy-name': 'other' })).toEqual([])
  })
  test('SP3 ready endpoints, or those that still serve while terminating', () => {
    const leaving = { addresses: ['10.244.1.5'], conditions: { ready: false, serving: true, terminating: true } }
    expect(ips(read({}, [leaving, { addresses: ['10.244.1.6'] }])[0]!.endpoints)).toEqual(['10.244.1.6'])
    expect(ips(read({}, [leaving, { addresses: ['10.244.1.7'], conditions: { ready: false, serving: false, terminating: true } }])[0]!.endpoints)).toEqual(['10.244.1.5'])
  })
  test('SP4 local endpoints are those on this node', () => {
    const [port] = read({ internalTrafficPolicy: 'Local' }, [{ addresses: ['10.244.1.5'], nodeName: 'node-1' }, { addresses: ['10.244.2.5'], nodeName: 'node-2' }])
    expect(ips(port!.localEndpoints)).toEqual(['10.244.1.5'])
  })
  test('SP5 zone hints count only when all endpoints have them', () => {
    const hinted = (ip: string, zone: string) => ({ addresses: [ip], hints: { forZones: [{ name: zone }] } })
    expect(ips(read({}, [hinted('10.244.1.5', 'a'), hinted('10.244.2.5', 'b')], 'a')[0]!.endpoints)).toEqual(['10.244.1.5'])
    expect(ips(read({}, [hinted('10.244.1.5', 'a'), { addresses: ['10.244.2.5'] }], 'a')[0]!.endpoints)).toEqual(['10.244.1.5', '10.244.2.5'])
  })
  test('SP5 node hints go before zone hints, and terminating endpoints know neither', () => {
    const hinted = (ip: string, node: string | undefined, zone: string, conditions = {}) => ({ addresses: [ip], conditions, hints: { forZones: [{ name: zone }], ...(node === undefined ? {} : { forNodes: [{ name: node }] }) } })
    const near = (...endpoints: Endpoint[]) => ips(read({}, endpoints, 'a')[0]!.endpoints)
    expect(near(hinted('10.244.1.5', 'node-1', 'b'), hinted('10.244.2.5', 'node-2', 'a'))).toEqual(['10.244.1.5'])
    expect(near(hinted('10.244.1.5', 'node-3', 'b'), hinted('10.244.2.5', 'node-2', 'a'))).toEqual(['10.244.2.5'])
    expect(near(hinted('10.244.1.5', 'node-1', 'a'), hinted('10.244.2.5', undefined, 'b'))).toEqual(['10.244.1.5'])
    const leaving = { ready: false, serving: true, terminating: true }
    expect(near(hinted('10.244.1.5', 'node-1', 'a', leaving), hinted('10.244.2.5', 'node-2', 'b', leaving))).toEqual(['10.244.1.5', '10.244.2.5'])
  })
  test('SP7 endpoints elsewhere are endpoints', () => {
    expect(read({ internalTrafficPolicy: 'Local' }, [{ addresses: ['10.244.2.5'], nodeName: 'node-2' }])[0]).toMatchObject({ hasEndpoints: true, localEndpoints: [] })
    expect(read({}, [])[0]).toMatchObject({ hasEndpoints: false })
  })
})

test('SF1 SF2 UDP flows to endpoints that left, and of services that had none', () => {
  const udp = (endpoints: Endpoint[]) => servicePorts({ services: [service({ ports: [{ name: 'http', port: 53, protocol: 'UDP' }] })], slicesOf: () => [slice(endpoints, 'UDP')], nodeName: 'n', zone: undefined })
  const one = udp([{ addresses: ['10.244.1.5'] }])
  const none = udp([])
  expect(staleFlows(one, none).map(forgetArguments)).toEqual([['-D', '-p', 'udp', '--orig-dst', '10.96.3.4', '--dst-nat', '10.244.1.5']])
  expect(staleFlows(none, one).map(forgetArguments)).toEqual([['-D', '-p', 'udp', '--orig-dst', '10.96.3.4']])
  expect(staleFlows(one, one)).toEqual([])
})
