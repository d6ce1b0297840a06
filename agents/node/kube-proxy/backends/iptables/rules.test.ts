import { describe, expect, test } from 'vitest'
import type { ServicePort } from '../../model/service-port.ts'
import { endpointChain, serviceChains } from './chains.ts'
import { jumps, missingJumps } from './jumps.ts'
import { nothingFound, renderRestore } from './restore.ts'
import { renderRules } from './rules.ts'
import { SavedTables } from './saved-tables.ts'

const base: ServicePort = {
  name: 'default/web', namespace: 'default', service: 'web', protocol: 'TCP', clusterIp: '10.96.3.4', port: 80, nodePort: null, externalIps: [], loadBalancerIps: [], loadBalancerSourceRanges: [],
  internalPolicyLocal: false, externalPolicyLocal: false, affinitySeconds: null, healthCheckNodePort: null, hasEndpoints: true,
  endpoints: [{ ip: '10.244.1.5', port: 80, isLocal: true }, { ip: '10.244.2.6', port: 80, isLocal: false }, { ip: '10.244.2.7', port: 80, isLocal: false }],
  localEndpoints: [{ ip: '10.244.1.5', port: 80, isLocal: true }],
}
const options = { clusterCidr: '10.244.0.0/16', nodeIp: '172.30.0.11', localhostNodePorts: true }
const { service, local, external } = serviceChains(base)

test('chain names are those of upstream', () => {
  const named = (name: string, protocol: 'TCP' | 'UDP') => serviceChains({ ...base, name, protocol }).service
  expect(named('default/kubernetes:https', 'TCP')).toBe('KUBE-SVC-NPX46M4PTMTKRN6Y')
  expect(named('kube-system/kube-dns:dns', 'UDP')).toBe('KUBE-SVC-TCOU7JCQXEZGVUNU')
  expect(named('kube-system/kube-dns:dns-tcp', 'TCP')).toBe('KUBE-SVC-ERIFXISQEP7F7OF4')
  expect(endpointChain({ ...base, name: 'default/kubernetes:https' }, '172.18.0.2:6443')).toBe('KUBE-SEP-V2PECCYPB6X2GSCW')
})

describe('rules', () => {
  test('IR1 IR2 IR3 a ClusterIP with three endpoints', () => {
    const { nat } = renderRules([base], options)
    expect(nat.get('KUBE-SERVICES')).toEqual([
      `-m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.3.4 --dport 80 -j ${service}`,
      '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    ])
    const chains = base.endpoints.map(endpoint => endpointChain(base, `${endpoint.ip}:80`))
    expect(nat.get(service)).toEqual([
      '-m comment --comment "default/web cluster IP" -m tcp -p tcp -d 10.96.3.4 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ',
      `-m comment --comment "default/web -> 10.244.1.5:80" -m statistic --mode random --probability 0.3333333333 -j ${chains[0]}`,
      `-m comment --comment "default/web -> 10.244.2.6:80" -m statistic --mode random --probability 0.5000000000 -j ${chains[1]}`,
      `-m comment --comment "default/web -> 10.244.2.7:80" -j ${chains[2]}`,
    ])
    expect(nat.get(chains[0]!)).toEqual(['-m comment --comment "default/web" -s 10.244.1.5 -j KUBE-MARK-MASQ', '-m comment --comment "default/web" -m tcp -p tcp -j DNAT --to-destination 10.244.1.5:80'])
  })

  test('IR4 a node port masquerades with the Cluster policy', () => {
    const { nat } = renderRules([{ ...base, nodePort: 30080 }], options)
    expect(nat.get('KUBE-NODEPORTS')).toEqual([`-m comment --comment "default/web" -m tcp -p tcp --dport 30080 -j ${external}`])
    expect(nat.get(external)).toEqual(['-m comment --comment "masquerade traffic for default/web external destinations" -j KUBE-MARK-MASQ', `-j ${service}`])
  })

  test('IR4 and keeps client addresses with the Local policy', () => {
    const { nat } = renderRules([{ ...base, nodePort: 30080, externalPolicyLocal: true }], options)
    expect(nat.get(external)).toEqual([
      `-m comment --comment "pod traffic for default/web external destinations" -s 10.244.0.0/16 -j ${service}`,
      '-m comment --comment "masquerade LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ',
      `-m comment --comment "route LOCAL traffic for default/web external destinations" -m addrtype --src-type LOCAL -j ${service}`,
      `-j ${local}`,
    ])
    expect(nat.get(local)).toEqual([`-m comment --comment "default/web -> 10.244.1.5:80" -j ${endpointChain(base, '10.244.1.5:80')}`])
  })

  test('IR5 no endpoint is refused, no local endpoint is dropped', () => {
    const none = renderRules([{ ...base, nodePort: 30080, hasEndpoints: false, endpoints: [], localEndpoints: [] }], options)
    expect(none.filter.get('KUBE-SERVICES')).toEqual(['-m comment --comment "default/web has no endpoints" -m tcp -p tcp -d 10.96.3.4 --dport 80 -j REJECT'])
    expect(none.filter.get('KUBE-EXTERNAL-SERVICES')).toEqual(['-m comment --comment "default/web has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT'])
    expect(none.nat.has(service)).toBe(false)
    const elsewhere = renderRules([{ ...base, internalPolicyLocal: true, localEndpoints: [] }], options)
    expect(elsewhere.filter.get('KUBE-SERVICES')).toEqual(['-m comment --comment "default/web has no local endpoints" -m tcp -p tcp -d 10.96.3.4 --dport 80 -j DROP'])
  })

  test('IR6 a client with affinity is remembered by its endpoint', () => {
    const { nat } = renderRules([{ ...base, affinitySeconds: 10_800 }], options)
    const first = endpointChain(base, '10.244.1.5:80')
    expect(nat.get(service)![1]).toBe(`-m comment --comment "default/web -> 10.244.1.5:80" -m recent --name ${first} --rcheck --seconds 10800 --reap -j ${first}`)
    expect(nat.get(first)![1]).toContain(`-m recent --name ${first} --set`)
  })
})

describe('restore', () => {
  const none = nothingFound
  test('RS1 only changed chains are written', () => {
    const before = renderRules([base], options)
    const after = renderRules([{ ...base, endpoints: base.endpoints.slice(0, 2) }], options)
    const text = renderRestore(after, before, none)
    expect(text.split('\n').filter(line => line.startsWith(':'))).toEqual([`:${service} - [0:0]`, `:${endpointChain(base, '10.244.2.7:80')} - [0:0]`])
    expect(text).toContain(`-X ${endpointChain(base, '10.244.2.7:80')}`)
    expect(renderRestore(before, before, none)).toBe('')
  })
  test('RS2 chains of a Service that is gone are emptied, then deleted', () => {
    const lines = renderRestore(renderRules([], options), renderRules([base], options), none).split('\n')
    expect(lines.indexOf(`-X ${service}`)).toBeGreaterThan(lines.indexOf(`:${service} - [0:0]`))
  })
  test('RS3 at the start everything is written and strays go', () => {
    const text = renderRestore(renderRules([], options), null, { ...none, strays: { nat: ['KUBE-SVC-STRAY'], filter: [] } })
    expect(text).toContain('-X KUBE-SVC-STRAY')
    expect(text).toContain(':KUBE-MARK-MASQ - [0:0]')
  })

  test('RS4 missing jumps and canaries go in with the first write', () => {
    const text = renderRestore(renderRules([], options), null, { ...none, missingJumps: missingJumps(new SavedTables('')), needsCanaries: true })
    const filter = text.slice(0, text.indexOf('COMMIT')).split('\n')
    expect(filter[1]).toBe(':KUBE-PROXY-CANARY - [0:0]')
    expect(filter.filter(line => line.startsWith('-I INPUT'))).toEqual([
      '-I INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL',
      '-I INPUT -m comment --comment "kubernetes health check service ports" -j KUBE-NODEPORTS',
      '-I INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes externally-visible service portals" -j KUBE-EXTERNAL-SERVICES',
    ])
    expect(text.endsWith('*mangle\n:KUBE-PROXY-CANARY - [0:0]\nCOMMIT\n')).toBe(true)
  })
  test('JU1 a jump is known by chain, comment and target, wherever iptables-save puts its matches', () => {
    const saved = new SavedTables([
      '*nat', ':PREROUTING ACCEPT [5:300]', ':KUBE-SERVICES - [0:0]',
      '-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES', 'COMMIT',
      '*filter', ':INPUT ACCEPT [0:0]',
      '-A INPUT -m conntrack --ctstate NEW -m comment --comment "kubernetes load balancer firewall" -j KUBE-PROXY-FIREWALL', 'COMMIT', '',
    ].join('\n'))
    const missing = missingJumps(saved)
    expect(missing).toHaveLength(jumps.length - 2)
    expect(missing.some(jump => jump.from === 'PREROUTING')).toBe(false)
    expect(saved.chains('nat')).toEqual(['PREROUTING', 'KUBE-SERVICES'])
  })
})
