/**
 * The cloud's routes as the kernel of one node must have them. Pure.
 *
 *   CR1  Every other node's addresses lead to that node's address on the LAN; a node's own are its own business.
 *   CR2  Only routes marked with the cloud's protocol number are taken away.
 *   CR3  A route to a node that does not exist (any more) leads nowhere and is left out.
 */
import type { CloudRoute } from '../../../agents/wire/cloud/cloud-api.ts'

/** Marks the cloud's routes: `proto 74` in ip's output. */
export const cloudRouteProtocol = '74'

export interface SeenRoute {
  readonly dst: string
  readonly gateway?: string
}

/** Lines for `ip -batch -`; none when all is as it should be. */
export function routeCommands(node: string, routes: readonly CloudRoute[], addresses: ReadonlyMap<string, string>, seen: readonly SeenRoute[], device: string): readonly string[] {
  const wanted = new Map<string, string>()
  for (const route of routes) {
    const address = addresses.get(route.node)
    if (route.node !== node && address !== undefined) wanted.set(route.destination, address) // CR1, CR3
  }
  const present = new Map(seen.map(({ dst, gateway = '' }) => [dst, gateway]))
  return [
    ...[...wanted].filter(([to, via]) => present.get(to) !== via).map(([to, via]) => `route replace ${to} via ${via} dev ${device} proto ${cloudRouteProtocol}`),
    ...[...present.keys()].filter(to => !wanted.has(to)).map(to => `route del ${to} dev ${device} proto ${cloudRouteProtocol}`), // CR2
  ]
}
