/**
 * Service ports to iptables chains, with upstream's chain names, rule order and comments. Pure.
 * Upstream: pkg/proxy/iptables/proxier.go, syncProxyRules.
 *
 *   IR1  nat KUBE-SERVICES sends each ClusterIP to its KUBE-SVC chain (KUBE-SVL with the internal Local policy); its last
 *        rule sends whatever is addressed to the node itself to KUBE-NODEPORTS.
 *   IR2  KUBE-SVC marks traffic that does not come from pods for masquerade, then picks an endpoint by chance: with n left
 *        the first is taken with probability 1/n, the last always.
 *   IR3  KUBE-SEP marks the endpoint's traffic to itself for masquerade (hairpin), then translates.
 *   IR4  Traffic from outside (node ports, external and load-balancer addresses) enters through KUBE-EXT: masqueraded with
 *        the Cluster policy; with the Local policy client addresses are kept and only local endpoints used, except for
 *        pods and the node itself, which go the short way.
 *   IR5  No endpoint at all: REJECT. Endpoints, but none local where the policy wants one: DROP.
 *   IR6  Client affinity: an endpoint remembered for the client (recent) is tried before chance decides.
 *   IR7  Load-balancer source ranges: what comes from elsewhere is dropped in KUBE-PROXY-FIREWALL.
 */
import { endpointText } from '../../model/service-port.ts'
import type { EndpointAddress, ServicePort } from '../../model/service-port.ts'
import { endpointChain, serviceChains } from './chains.ts'

/** Rules of each chain, without "-A CHAIN". */
export type Chains = Map<string, string[]>

export interface RuleSet {
  readonly nat: Chains
  readonly filter: Chains
}

export interface RuleOptions {
  /** Pods' addresses; null when unknown, then only local traffic is recognised as pods'. */
  readonly clusterCidr: string | null
}

export const masqueradeMark = '0x4000'
const mark = `${masqueradeMark}/${masqueradeMark}`

export function renderRules(ports: readonly ServicePort[], options: RuleOptions): RuleSet {
  const nat: Chains = new Map([['KUBE-SERVICES', []], ['KUBE-NODEPORTS', []]])
  const filter: Chains = new Map([['KUBE-SERVICES', []], ['KUBE-EXTERNAL-SERVICES', []], ['KUBE-NODEPORTS', []], ['KUBE-PROXY-FIREWALL', []]])
  nat.set('KUBE-MARK-MASQ', [`-j MARK --or-mark ${masqueradeMark}`])
  nat.set('KUBE-POSTROUTING', [`-m mark ! --mark ${mark} -j RETURN`, `-j MARK --xor-mark ${masqueradeMark}`, `-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully`])
  filter.set('KUBE-FORWARD', [
    '-m conntrack --ctstate INVALID -j DROP',
    `-m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark} -j ACCEPT`,
    '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  ])
  for (const port of ports) addService(port, nat, filter, options)
  nat.get('KUBE-SERVICES')!.push('-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS') // IR1
  return { nat, filter }
}

function addService(port: ServicePort, nat: Chains, filter: Chains, options: RuleOptions): void {
  const chains = serviceChains(port)
  const internal = port.internalPolicyLocal ? port.localEndpoints : port.endpoints
  const external = port.externalPolicyLocal ? port.localEndpoints : port.endpoints
  const proto = port.protocol.toLowerCase()
  const to = (ip: string) => `-m ${proto} -p ${proto} -d ${ip} --dport ${port.port}`
  const toNodePort = `-m ${proto} -p ${proto} --dport ${port.nodePort}`
  const services = nat.get('KUBE-SERVICES')!
  const verdict = (endpoints: readonly EndpointAddress[]) => (port.endpoints.length === 0 && endpoints.length === 0 ? { why: 'has no endpoints', target: 'REJECT' } : { why: 'has no local endpoints', target: 'DROP' }) // IR5

  if (internal.length > 0) services.push(`${comment(`${port.name} cluster IP`)} ${to(port.clusterIp)} -j ${port.internalPolicyLocal ? chains.local : chains.service}`)
  else filter.get('KUBE-SERVICES')!.push(`${comment(`${port.name} ${verdict(internal).why}`)} ${to(port.clusterIp)} -j ${verdict(internal).target}`)

  const isExternal = port.nodePort !== null || port.externalIps.length > 0 || port.loadBalancerIps.length > 0
  if (isExternal) addExternal()
  const usesCluster = port.endpoints.length > 0 && (!port.internalPolicyLocal || isExternal)
  const usesLocal = port.localEndpoints.length > 0 && (port.internalPolicyLocal || (isExternal && port.externalPolicyLocal))
  if (usesCluster) nat.set(chains.service, [...fromOutside(port, options, to), ...choose(port, port.endpoints)])
  if (usesLocal) nat.set(chains.local, [...(port.internalPolicyLocal ? fromOutside(port, options, to) : []), ...choose(port, port.localEndpoints)])
  for (const endpoint of new Set([...(usesCluster ? port.endpoints : []), ...(usesLocal ? port.localEndpoints : [])])) addEndpoint(port, endpoint, nat)

  function addExternal(): void {
    const entry = chains.external
    if (external.length === 0) {
      const { why, target } = verdict(external)
      const blocked = filter.get('KUBE-EXTERNAL-SERVICES')!
      if (port.nodePort !== null) blocked.push(`${comment(`${port.name} ${why}`)} -m addrtype --dst-type LOCAL ${toNodePort} -j ${target}`)
      for (const ip of [...port.externalIps, ...port.loadBalancerIps]) blocked.push(`${comment(`${port.name} ${why}`)} ${to(ip)} -j ${target}`)
      if (port.endpoints.length === 0) return
    }
    if (port.nodePort !== null) nat.get('KUBE-NODEPORTS')!.push(`${comment(port.name)} ${toNodePort} -j ${entry}`)
    for (const ip of port.externalIps) services.push(`${comment(`${port.name} external IP`)} ${to(ip)} -j ${entry}`)
    for (const ip of port.loadBalancerIps) {
      services.push(`${comment(`${port.name} loadbalancer IP`)} ${to(ip)} -j ${entry}`)
      if (port.loadBalancerSourceRanges.length > 0) filter.get('KUBE-PROXY-FIREWALL')!.push(`${comment(`${port.name} traffic not accepted by ${chains.firewall}`)} ${to(ip)} -j ${chains.firewall}`)
    }
    if (port.loadBalancerIps.length > 0 && port.loadBalancerSourceRanges.length > 0) {
      filter.set(chains.firewall, [...port.loadBalancerSourceRanges.map(range => `${comment(`${port.name} loadbalancer IP`)} -s ${range} -j RETURN`), `${comment(`other traffic to ${port.name} will be dropped`)} -j DROP`]) // IR7
    }
    nat.set(entry, externalRules(port, chains, options))
  }
}

/** IR4 */
function externalRules(port: ServicePort, chains: { service: string; local: string }, { clusterCidr }: RuleOptions): string[] {
  if (!port.externalPolicyLocal) return [`${comment(`masquerade traffic for ${port.name} external destinations`)} -j KUBE-MARK-MASQ`, `-j ${chains.service}`]
  return [
    ...(clusterCidr === null ? [] : [`${comment(`pod traffic for ${port.name} external destinations`)} -s ${clusterCidr} -j ${chains.service}`]),
    `${comment(`masquerade LOCAL traffic for ${port.name} external destinations`)} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `${comment(`route LOCAL traffic for ${port.name} external destinations`)} -m addrtype --src-type LOCAL -j ${chains.service}`,
    ...(port.localEndpoints.length === 0 ? [] : [`-j ${chains.local}`]),
  ]
}

/** IR2: the node's own and foreign traffic to the ClusterIP must come back through this node. */
function fromOutside(port: ServicePort, { clusterCidr }: RuleOptions, to: (ip: string) => string): string[] {
  return clusterCidr === null ? [] : [`${comment(`${port.name} cluster IP`)} ! -s ${clusterCidr} ${to(port.clusterIp)} -j KUBE-MARK-MASQ`]
}

function choose(port: ServicePort, endpoints: readonly EndpointAddress[]): string[] {
  const remembered = port.affinitySeconds === null ? [] : endpoints.map(endpoint => {
    const chain = endpointChain(port, endpointText(endpoint))
    return `${comment(`${port.name} -> ${endpointText(endpoint)}`)} -m recent --name ${chain} --rcheck --seconds ${port.affinitySeconds} --reap -j ${chain}` // IR6
  })
  const byChance = endpoints.map((endpoint, index) => {
    const left = endpoints.length - index
    const chance = left === 1 ? '' : ` -m statistic --mode random --probability ${(1 / left).toFixed(10)}`
    return `${comment(`${port.name} -> ${endpointText(endpoint)}`)}${chance} -j ${endpointChain(port, endpointText(endpoint))}`
  })
  return [...remembered, ...byChance]
}

/** IR3 */
function addEndpoint(port: ServicePort, endpoint: EndpointAddress, nat: Chains): void {
  const chain = endpointChain(port, endpointText(endpoint))
  const proto = port.protocol.toLowerCase()
  const remember = port.affinitySeconds === null ? '' : ` -m recent --name ${chain} --set`
  nat.set(chain, [`${comment(port.name)} -s ${endpoint.ip} -j KUBE-MARK-MASQ`, `${comment(port.name)}${remember} -m ${proto} -p ${proto} -j DNAT --to-destination ${endpointText(endpoint)}`])
}

function comment(text: string): string {
  return `-m comment --comment "${text}"`
}
