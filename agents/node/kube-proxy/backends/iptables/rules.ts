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
 *   IR7  Load-balancer source ranges: traffic to the address goes through KUBE-FW, which lets what comes from the ranges on
 *        to KUBE-EXT. The rest keeps its destination, by which KUBE-PROXY-FIREWALL knows and drops it. A node whose own
 *        address is in the ranges may also come from the load balancer's address, which it may have itself. Node ports are
 *        not guarded.
 *   IR8  A healthCheckNodePort may be asked whatever else holds.
 */
import { cidrContains, readCidr } from '../../../../base/ip.ts'
import { endpointText } from '../../model/service-port.ts'
import type { EndpointAddress, ServicePort } from '../../model/service-port.ts'
import { type ServiceChains, endpointChain, serviceChains } from './chains.ts'

/** Rules of each chain, without "-A CHAIN". */
export type Chains = Map<string, string[]>

export interface RuleSet {
  readonly nat: Chains
  readonly filter: Chains
}

export interface RuleOptions {
  /** Pods' addresses; null when unknown, then only local traffic is recognised as pods'. */
  readonly clusterCidr: string | null
  /** The node's own address, null while unknown. */
  readonly nodeIp: string | null
  /** Node ports answer on 127.0.0.1 too. */
  readonly localhostNodePorts: boolean
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
  nat.get('KUBE-SERVICES')!.push(`-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL ${options.localhostNodePorts ? '' : '! -d 127.0.0.0/8 '}-j KUBE-NODEPORTS`) // IR1
  return { nat, filter }
}

function addService(port: ServicePort, nat: Chains, filter: Chains, options: RuleOptions): void {
  const chains = serviceChains(port)
  const hasInternal = port.hasEndpoints && (!port.internalPolicyLocal || port.localEndpoints.length > 0)
  const hasExternal = port.hasEndpoints && (!port.externalPolicyLocal || port.localEndpoints.length > 0)
  const proto = port.protocol.toLowerCase()
  const at = (ip: string) => `-m ${proto} -p ${proto} -d ${ip} --dport ${port.port}`
  const services = nat.get('KUBE-SERVICES')!
  const toService = `${comment(`${port.name} cluster IP`)} ${at(port.clusterIp)}`
  const blocked = port.hasEndpoints ? { why: comment(`${port.name} has no local endpoints`), target: 'DROP' } : { why: comment(`${port.name} has no endpoints`), target: 'REJECT' } // IR5

  if (hasInternal) services.push(`${toService} -j ${port.internalPolicyLocal ? chains.local : chains.service}`)
  else filter.get('KUBE-SERVICES')!.push(`${blocked.why} ${at(port.clusterIp)} -j ${blocked.target}`)

  const isExternal = port.nodePort !== null || port.externalIps.length > 0 || port.loadBalancerIps.length > 0
  const isGuarded = port.hasEndpoints && port.loadBalancerIps.length > 0 && port.loadBalancerSourceRanges.length > 0
  if (port.hasEndpoints) {
    for (const ip of port.externalIps) services.push(`${comment(`${port.name} external IP`)} ${at(ip)} -j ${chains.external}`)
    for (const ip of port.loadBalancerIps) services.push(`${comment(`${port.name} loadbalancer IP`)} ${at(ip)} -j ${isGuarded ? chains.firewall : chains.external}`)
    if (port.nodePort !== null) nat.get('KUBE-NODEPORTS')!.push(`${comment(port.name)} -m ${proto} -p ${proto} --dport ${port.nodePort} -j ${chains.external}`)
    if (isExternal) nat.set(chains.external, externalRules(port, chains, options, hasExternal))
  }
  if (!hasExternal) {
    const refused = filter.get('KUBE-EXTERNAL-SERVICES')!
    for (const ip of [...port.externalIps, ...port.loadBalancerIps]) refused.push(`${blocked.why} ${at(ip)} -j ${blocked.target}`)
    if (port.nodePort !== null) refused.push(`${blocked.why} -m addrtype --dst-type LOCAL -m ${proto} -p ${proto} --dport ${port.nodePort} -j ${blocked.target}`)
  }
  if (isGuarded) { // IR7
    for (const ip of port.loadBalancerIps) filter.get('KUBE-PROXY-FIREWALL')!.push(`${comment(`${port.name} traffic not accepted by ${chains.firewall}`)} ${at(ip)} -j DROP`)
    nat.set(chains.firewall, firewallRules(port, chains.external, options))
  }
  if (port.healthCheckNodePort !== null) filter.get('KUBE-NODEPORTS')!.push(`${comment(`${port.name} health check node port`)} -m tcp -p tcp --dport ${port.healthCheckNodePort} -j ACCEPT`) // IR8

  const usesCluster = port.endpoints.length > 0 && (!port.internalPolicyLocal || isExternal)
  const usesLocal = port.localEndpoints.length > 0 && (port.internalPolicyLocal || (isExternal && port.externalPolicyLocal))
  const fromOutside = options.clusterCidr === null ? [] : [`${toService} ! -s ${options.clusterCidr} -j KUBE-MARK-MASQ`] // IR2: it must come back through this node
  if (usesCluster) nat.set(chains.service, [...(port.internalPolicyLocal ? [] : fromOutside), ...choose(port, port.endpoints)])
  if (usesLocal) nat.set(chains.local, [...(port.internalPolicyLocal ? fromOutside : []), ...choose(port, port.localEndpoints)])
  for (const endpoint of [...(usesCluster ? port.endpoints : []), ...(usesLocal ? port.localEndpoints : [])]) addEndpoint(port, endpoint, nat)
}

/** IR7 */
function firewallRules(port: ServicePort, external: string, { nodeIp }: RuleOptions): string[] {
  const why = comment(`${port.name} loadbalancer IP`)
  const mayComeItself = nodeIp !== null && port.loadBalancerSourceRanges.some(range => cidrContains(readCidr(range)!, nodeIp))
  return [
    ...[...port.loadBalancerSourceRanges, ...(mayComeItself ? port.loadBalancerIps : [])].map(source => `${why} -s ${source} -j ${external}`),
    comment(`other traffic to ${port.name} will be dropped by KUBE-PROXY-FIREWALL`),
  ]
}

/** IR4 */
function externalRules(port: ServicePort, chains: ServiceChains, { clusterCidr }: RuleOptions, hasExternal: boolean): string[] {
  if (!port.externalPolicyLocal) return [`${comment(`masquerade traffic for ${port.name} external destinations`)} -j KUBE-MARK-MASQ`, `-j ${chains.service}`]
  return [
    ...(clusterCidr === null ? [] : [`${comment(`pod traffic for ${port.name} external destinations`)} -s ${clusterCidr} -j ${chains.service}`]),
    `${comment(`masquerade LOCAL traffic for ${port.name} external destinations`)} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `${comment(`route LOCAL traffic for ${port.name} external destinations`)} -m addrtype --src-type LOCAL -j ${chains.service}`,
    ...(hasExternal ? [`-j ${chains.local}`] : []),
  ]
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
