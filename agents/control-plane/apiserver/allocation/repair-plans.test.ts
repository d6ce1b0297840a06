import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../registry/kube-object.ts'
import { addressObject } from './address-objects.ts'
import { planAddressRepair, planServiceRepair } from './plan-address-repair.ts'
import type { AddressRepair, AddressWorld } from './plan-address-repair.ts'
import { planPortRepair } from './plan-port-repair.ts'
import { readRange, renderRange } from './port-range.ts'

const now = Date.parse('2026-01-01T00:02:00Z')
const span = { first: 30_000, size: 100 }
const service = (name: string, clusterIP: string, ports: object[] = [], more: object = {}): KubeObject => ({ kind: 'Service', apiVersion: 'v1', metadata: { name, namespace: 'bar' }, spec: { clusterIP, clusterIPs: [clusterIP], ports, ...more } })
const held = (address: string, name: string, meta: object = {}, parent: object = {}): KubeObject => {
  const made = addressObject(address, { namespace: 'bar', name })
  return { ...made, metadata: { ...made.metadata, creationTimestamp: '2026-01-01T00:00:00Z', ...meta }, spec: { parentRef: { ...(made['spec'] as { parentRef: object }).parentRef, ...parent } } }
}

function world(services: readonly KubeObject[], addresses: readonly KubeObject[]): AddressWorld {
  return {
    service: ({ namespace, name }) => services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    address: name => addresses.find(({ metadata }) => metadata.name === name),
    serviceRanges: [{ kind: 'ServiceCIDR', apiVersion: 'networking.k8s.io/v1', metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.0.0.0/16'] } }],
    nowMs: now,
  }
}

const told = (plan: AddressRepair) => ({ events: plan.events.map(({ reason, message }) => `${reason} ${message}`), make: plan.make, remove: plan.remove.map(({ metadata }) => metadata.name) })

describe('address repair', () => {
  test('a Service and its IPAddress that agree are left alone', () => {
    const [of, address] = [service('a', '10.0.1.1'), held('10.0.1.1', 'a')]
    expect(told(planServiceRepair(of, world([of], [address])))).toEqual({ events: [], make: [], remove: [] })
    expect(told(planAddressRepair(address, world([of], [address])))).toEqual({ events: [], make: [], remove: [] })
  })

  test('AR1 a missing IPAddress is made', () => {
    const of = service('a', '10.0.1.1')
    expect(told(planServiceRepair(of, world([of], [])))).toEqual({ events: ['ClusterIPNotAllocated Cluster IP [IPv4]: 10.0.1.1 is not allocated; repairing'], make: ['10.0.1.1'], remove: [] })
  })

  test.each([
    ['something that is no Service', held('10.0.1.1', 'a', {}, { group: 'gateway.networking.k8s.io', resource: 'gateways' })],
    ['a Service that is not there', held('10.0.1.1', 'gone')],
  ])('AR1 one that refers to %s is made anew', (_what, address) => {
    const of = service('a', '10.0.1.1')
    expect(told(planServiceRepair(of, world([of], [address])))).toEqual({ events: ['ClusterIPNotAllocated the ClusterIP [IPv4]: 10.0.1.1 for Service bar/a has a wrong reference; repairing'], make: ['10.0.1.1'], remove: ['10.0.1.1'] })
  })

  test('AR1 one without the allocator’s labels is made anew', () => {
    const of = service('a', '10.0.1.1')
    expect(told(planServiceRepair(of, world([of], [held('10.0.1.1', 'a', { labels: {} })])))).toEqual({ events: [], make: ['10.0.1.1'], remove: ['10.0.1.1'] })
  })

  test('AR2 of two Services with one address the one that the IPAddress does not name is told', () => {
    const both = [service('a', '10.0.1.1'), service('b', '10.0.1.1')]
    const there = world(both, [held('10.0.1.1', 'a')])
    expect(told(planServiceRepair(both[0]!, there)).events).toEqual([])
    expect(told(planServiceRepair(both[1]!, there))).toEqual({ events: ['ClusterIPAlreadyAllocated Cluster IP [IPv4]:10.0.1.1 was assigned to multiple services; please recreate service'], make: [], remove: [] })
  })

  test.each(['192.168.1.1', '10.0.0.0', '10.0.255.255'])('AR3 %s is out of range', address => {
    const of = service('a', address)
    expect(told(planServiceRepair(of, world([of], [])))).toEqual({ events: [`ClusterIPOutOfRange Cluster IP [IPv4]: ${address} is not within any configured Service CIDR; please recreate service`], make: [], remove: [] })
  })

  test('AR4 an IPAddress without its Service goes after a minute, and is looked at again until then', () => {
    const leaked = held('10.0.1.1', 'gone')
    expect(told(planAddressRepair(leaked, world([], [leaked])))).toEqual({ events: ['IPAddressNotAllocated IPAddress: 10.0.1.1 for Service bar/gone appears to have leaked: cleaning up'], make: [], remove: ['10.0.1.1'] })
    const young = held('10.0.1.1', 'gone', { creationTimestamp: '2026-01-01T00:01:30Z' })
    expect(planAddressRepair(young, world([], [young]))).toEqual({ events: [], make: [], remove: [], againMs: 30_001 })
  })

  test('AR4 one whose Service has another address goes; one of somebody else stays', () => {
    const of = service('a', '10.0.1.2')
    const wrong = held('10.0.1.1', 'a')
    expect(told(planAddressRepair(wrong, world([of], [wrong])))).toEqual({ events: ['IPAddressWrongReference IPAddress: 10.0.1.1 for Service bar/a has a wrong reference; cleaning up'], make: [], remove: ['10.0.1.1'] })
    const others = held('10.0.1.1', 'a', { labels: { 'ipaddress.kubernetes.io/managed-by': 'gateway' } })
    expect(told(planAddressRepair(others, world([of], [others])))).toEqual({ events: [], make: [], remove: [] })
    const changed = held('10.0.1.1', 'a', {}, { resource: 'gateways' })
    expect(told(planAddressRepair(changed, world([of], [changed]))).remove).toEqual(['10.0.1.1'])
  })
})

describe('port repair', () => {
  const events = (plan: ReturnType<typeof planPortRepair>) => plan.events.map(({ service: of, reason, message }) => `${of.metadata.name!} ${reason} ${message}`)

  test('PR1 PR2 missing, doubled and foreign ports are told', () => {
    const services = [service('a', '10.0.1.1', [{ port: 80, nodePort: 30_001 }, { port: 53, protocol: 'UDP', nodePort: 30_002 }, { port: 53, protocol: 'TCP', nodePort: 30_002 }]), service('b', '10.0.1.2', [{ port: 80, nodePort: 30_001 }, { port: 81, nodePort: 40_000 }], { healthCheckNodePort: 30_003 })]
    const plan = planPortRepair(services, new Set([30_001, 30_002]), span, new Map())
    expect(events(plan)).toEqual([
      'b PortAlreadyAllocated Port 30001 was assigned to multiple services; please recreate service',
      'b PortOutOfRange Port 40000 is not within the port range 30000-30099; please recreate service',
      'b PortNotAllocated Port 30003 is not allocated; repairing',
    ])
    expect([...plan.ports]).toEqual([30_001, 30_002, 30_003])
  })

  test('PR3 a port without a Service is given back at the third look, unless it is used again meanwhile', () => {
    let plan = planPortRepair([], new Set([30_007]), span, new Map())
    for (const look of [1, 2]) {
      expect([look, [...plan.ports], plan.cleaned]).toEqual([look, [30_007], []])
      plan = planPortRepair([], plan.ports, span, plan.leaks)
    }
    expect([[...plan.ports], plan.cleaned]).toEqual([[], [30_007]])
    const used = planPortRepair([service('a', '10.0.1.1', [{ port: 80, nodePort: 30_007 }])], new Set([30_007]), span, new Map([[30_007, 0]]))
    expect([used.cleaned, used.leaks.size, [...used.ports]]).toEqual([[], 0, [30_007]])
  })

  test('the record has upstream’s form', () => {
    const value = renderRange({ first: 30_000, size: 10 }, new Set([30_001, 30_009]))
    expect(JSON.parse(value.toString())).toMatchObject({ kind: 'RangeAllocation', apiVersion: 'v1', range: '30000-30009', data: 'AgI=' })
    expect([...readRange(value).ports]).toEqual([30_001, 30_009])
    expect(readRange(renderRange(span, new Set()))).toEqual({ range: '30000-30099', ports: new Set() })
  })
})
