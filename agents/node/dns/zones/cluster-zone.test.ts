import { describe, expect, test } from 'vitest'
import type { Service, ServiceSpec } from '../../../api/groups/core-v1/types.ts'
import type { EndpointSlice } from '../../../api/groups/discovery-v1/types.ts'
import { ClusterZone } from './cluster-zone.ts'

function service(name: string, spec: ServiceSpec): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: 'default', uid: name, resourceVersion: '1', creationTimestamp: '' }, spec, status: {} }
}

function slice(of: string, endpoints: NonNullable<EndpointSlice['endpoints']>): EndpointSlice {
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata: { name: `${of}-1`, namespace: 'default', uid: of, resourceVersion: '1', creationTimestamp: '', labels: { 'kubernetes.io/service-name': of } }, endpoints, ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] }
}

const zone = new ClusterZone('cluster.local')
zone.setService(service('web', { clusterIP: '10.96.3.4', clusterIPs: ['10.96.3.4'], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }))
zone.setService(service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'sql', port: 5432 }] }))
zone.setSlice(slice('db', [{ addresses: ['10.244.1.5'], hostname: 'db-0', conditions: { ready: true } }, { addresses: ['10.244.2.6'] }, { addresses: ['10.244.2.7'], conditions: { ready: false } }]))
zone.setService(service('ext', { type: 'ExternalName', externalName: 'web.default.svc.cluster.local' }))

const records = (name: string) => {
  const found = zone.lookup(name)
  return found.exists ? found.records : 'no such name'
}

describe('cluster zone', () => {
  test('CZ1 a Service is its ClusterIP, in any spelling', () => {
    expect(records('Web.Default.svc.cluster.local.')).toEqual([{ type: 'A', address: '10.96.3.4' }])
  })
  test('CZ2 a headless Service is its ready endpoints', () => {
    expect(records('db.default.svc.cluster.local')).toEqual([{ type: 'A', address: '10.244.1.5' }, { type: 'A', address: '10.244.2.6' }])
  })
  test('CZ3 an endpoint by hostname or by dashed address', () => {
    expect(records('db-0.db.default.svc.cluster.local')).toEqual([{ type: 'A', address: '10.244.1.5' }])
    expect(records('10-244-2-6.db.default.svc.cluster.local')).toEqual([{ type: 'A', address: '10.244.2.6' }])
    expect(records('db-9.db.default.svc.cluster.local')).toBe('no such name')
  })
  test('CZ4 named ports', () => {
    expect(records('_http._tcp.web.default.svc.cluster.local')).toEqual([{ type: 'SRV', target: 'web.default.svc.cluster.local', port: 80, priority: 0, weight: 100 }])
    expect(records('_sql._tcp.db.default.svc.cluster.local')).toEqual([
      { type: 'SRV', target: 'db-0.db.default.svc.cluster.local', port: 5432, priority: 0, weight: 50 },
      { type: 'SRV', target: '10-244-2-6.db.default.svc.cluster.local', port: 5432, priority: 0, weight: 50 },
    ])
    expect(records('_http._udp.web.default.svc.cluster.local')).toBe('no such name')
  })
  test('CZ5 an external name is an alias', () => {
    expect(records('ext.default.svc.cluster.local')).toEqual([{ type: 'CNAME', target: 'web.default.svc.cluster.local' }])
  })
  test('CZ6 a pod by its dashed address', () => {
    expect(records('10-244-1-5.default.pod.cluster.local')).toEqual([{ type: 'A', address: '10.244.1.5' }])
    expect(records('10-244-1-555.default.pod.cluster.local')).toBe('no such name')
  })
  test('CZ7 addresses back to names', () => {
    expect(records('4.3.96.10.in-addr.arpa')).toEqual([{ type: 'PTR', target: 'web.default.svc.cluster.local' }])
    expect(records('5.1.244.10.in-addr.arpa')).toEqual([{ type: 'PTR', target: 'db-0.db.default.svc.cluster.local' }])
    expect(records('9.9.9.9.in-addr.arpa')).toBe('no such name')
  })
  test('CZ8 the version', () => {
    expect(records('dns-version.cluster.local')).toEqual([{ type: 'TXT', text: '1.1.0' }])
  })
  test('CZ9 branches exist and are empty, the rest does not exist', () => {
    expect(records('svc.cluster.local')).toEqual([])
    expect(records('default.svc.cluster.local')).toEqual([])
    expect(records('nowhere.svc.cluster.local')).toBe('no such name')
    expect(records('gone.default.svc.cluster.local')).toBe('no such name')
  })
  test('a removed Service is forgotten, with its namespace', () => {
    const own = new ClusterZone('cluster.local')
    const only = service('only', { clusterIP: '10.96.0.9' })
    own.setService(only)
    own.removeService(only)
    expect(own.lookup('default.svc.cluster.local').exists).toBe(false)
    expect(own.lookup('9.0.96.10.in-addr.arpa').exists).toBe(false)
  })
})
