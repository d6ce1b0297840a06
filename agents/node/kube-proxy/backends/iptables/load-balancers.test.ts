/**
 * Rules of load balancers as a page to read: from the Service's API object to chains. The golden says what each Service asks
 * for; `GOLDEN=write` writes the rules anew.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Service, ServiceSpec } from '../../../../api/groups/core-v1/types.ts'
import type { EndpointSlice } from '../../../../api/groups/discovery-v1/types.ts'
import { servicePorts } from '../../model/service-map.ts'
import { renderRules } from './rules.ts'

const golden = new URL('load-balancers.golden.txt', import.meta.url)

interface Case {
  readonly title: string
  readonly spec?: Partial<ServiceSpec>
  readonly ingress: readonly { readonly ip: string; readonly ipMode?: string }[]
  /** Nodes that have an endpoint. */
  readonly endpointsOn: readonly string[]
}

const vip = [{ ip: '203.0.113.7' }]

const cases: readonly Case[] = [
  { title: 'IR4 SP6: without a mode the address is the nodes\' own affair, from pods and nodes too', ingress: vip, endpointsOn: ['here', 'there'] },
  { title: 'SP6: of mode Proxy only the node port is', ingress: [{ ip: '203.0.113.7', ipMode: 'Proxy' }], endpointsOn: ['here'] },
  { title: 'SP6: two addresses, one of each mode', ingress: [{ ip: '203.0.113.7', ipMode: 'VIP' }, { ip: '203.0.113.8', ipMode: 'Proxy' }], endpointsOn: ['here'] },
  { title: 'IR7: source ranges, the node in none of them', spec: { loadBalancerSourceRanges: ['198.51.100.0/24', ' 192.0.2.1/32'] }, ingress: vip, endpointsOn: ['here'] },
  { title: 'IR7: source ranges, the node in one of them', spec: { loadBalancerSourceRanges: ['172.30.0.0/16'] }, ingress: vip, endpointsOn: ['here'] },
  { title: 'IR4 IR8: policy Local with an endpoint here', spec: { externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000 }, ingress: vip, endpointsOn: ['here', 'there'] },
  { title: 'IR4 IR5 IR8: policy Local with endpoints elsewhere only', spec: { externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000 }, ingress: vip, endpointsOn: ['there'] },
  { title: 'IR7: source ranges with policy Local', spec: { externalTrafficPolicy: 'Local', healthCheckNodePort: 31_000, loadBalancerSourceRanges: ['198.51.100.0/24'] }, ingress: vip, endpointsOn: ['here'] },
  { title: 'IR5: no endpoints at all; source ranges do not matter', spec: { loadBalancerSourceRanges: ['198.51.100.0/24'] }, ingress: vip, endpointsOn: [] },
  { title: 'IR6: affinity', spec: { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } } }, ingress: vip, endpointsOn: ['here'] },
  { title: 'without a node port (allocateLoadBalancerNodePorts is false)', spec: { ports: [{ name: 'dns', port: 53, protocol: 'UDP' }] }, ingress: vip, endpointsOn: ['here'] },
]

function rulesOf({ spec, ingress, endpointsOn }: Case): string {
  const ports = spec?.ports ?? [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30_080 }]
  const service: Service = {
    apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default', uid: 'web', resourceVersion: '1', creationTimestamp: '' },
    spec: { type: 'LoadBalancer', clusterIP: '10.96.3.4', ...spec, ports }, status: { loadBalancer: { ingress: ingress as never } },
  }
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4', metadata: { name: 'web-1', namespace: 'default', uid: 's', resourceVersion: '1', creationTimestamp: '' },
    endpoints: endpointsOn.map((nodeName, index) => ({ addresses: [`10.244.${index + 1}.5`], nodeName })), ports: ports.map(({ name, protocol }) => ({ name, protocol, port: 8080 })),
  }
  const wanted = servicePorts({ services: [service], slicesOf: () => [slice], nodeName: 'here', zone: undefined })
  const { nat, filter } = renderRules(wanted, { clusterCidr: '10.244.0.0/16', nodeIp: '172.30.0.11', localhostNodePorts: true })
  const common = new Set(['KUBE-MARK-MASQ', 'KUBE-POSTROUTING', 'KUBE-FORWARD'])
  return [['nat', nat] as const, ['filter', filter] as const].flatMap(([table, chains]) => [...chains].filter(([chain]) => !common.has(chain)).flatMap(([chain, rules]) => rules.map(rule => `${table} -A ${chain} ${rule}`))).join('\n')
}

test('load balancers: golden', () => {
  const text = `${cases.map(one => `# ${one.title}\n${rulesOf(one)}`).join('\n\n')}\n`
  if (process.env['GOLDEN'] === 'write') writeFileSync(golden, text)
  expect(text).toBe(readFileSync(golden, 'utf8'))
})
