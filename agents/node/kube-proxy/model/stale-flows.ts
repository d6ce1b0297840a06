/**
 * Which remembered UDP flows must be forgotten after a change. Pure.
 *
 * UDP has no end, so the kernel goes on translating a flow to an endpoint that has gone, or refuses one that began when
 * there was no endpoint.
 *
 *   SF1  An endpoint that left a UDP service port: flows to the Service's addresses translated to it.
 *   SF2  A UDP service port that got its first endpoint: all flows to its addresses and node port, which had no answer.
 */
import type { ServicePort } from './service-port.ts'
import { endpointText } from './service-port.ts'

export type StaleFlow =
  | { readonly address: string; readonly endpoint: string | null }
  | { readonly nodePort: number; readonly endpoint: string | null }

export function staleFlows(before: readonly ServicePort[], after: readonly ServicePort[]): StaleFlow[] {
  const now = new Map(after.filter(port => port.protocol === 'UDP').map(port => [port.name, port]))
  const flows: StaleFlow[] = []
  for (const old of before) {
    if (old.protocol !== 'UDP') continue
    const current = now.get(old.name)
    const left = new Set((current?.endpoints ?? []).map(endpointText))
    for (const endpoint of old.endpoints) if (!left.has(endpointText(endpoint))) flows.push(...flowsOf(old, endpoint.ip)) // SF1
  }
  const had = new Map(before.map(port => [port.name, port.endpoints.length]))
  for (const port of now.values()) if (port.endpoints.length > 0 && had.get(port.name) === 0) flows.push(...flowsOf(port, null)) // SF2
  return flows
}

function flowsOf(port: ServicePort, endpoint: string | null): StaleFlow[] {
  const addresses = [port.clusterIp, ...port.externalIps, ...port.loadBalancerIps].map(address => ({ address, endpoint }))
  return port.nodePort === null ? addresses : [...addresses, { nodePort: port.nodePort, endpoint }]
}

/** Arguments for `conntrack`. */
export function forgetArguments(flow: StaleFlow): string[] {
  const what = 'address' in flow ? ['--orig-dst', flow.address] : ['--dport', String(flow.nodePort)]
  return ['-D', '-p', 'udp', ...what, ...(flow.endpoint === null ? [] : ['--dst-nat', flow.endpoint])]
}
