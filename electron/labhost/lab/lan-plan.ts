/**
 * The networks of a lab and the routers between them: addresses and routes, from what the Lab file says. Pure.
 *
 *   LP1  Every lab has the network `lan` (lanCidr); the file may give it others, and routers that join them.
 *   LP2  On each network the routers have the first addresses, in the order of the file, and a node the tenth after its number:
 *        so a node's last part is the same wherever it is.
 *   LP3  Nodes and routers find every network that a chain of routers leads to, over the fewest routers; of two equal ways the
 *        one of the router that the file names first. A route that the file gives a router goes before those.
 */
import { addressAt, readCidr } from '../../../agents/base/ip.ts'
import type { LabSpec, RouterSpec } from '../../contract/labs.ts'
import { type RouterPlan, routerPortName, usualNetwork } from '../network/routing/router-plan.ts'

type Networks = LabSpec['networks']

export interface LanNetwork {
  readonly name: string
  readonly cidr: string
}

export interface LanRoute {
  readonly to: string
  readonly via: string
}

/** Of the addresses of a network, before the first node's. */
export const routersOfANetwork = 9
const firstNode = 10

/** LP1 */
export function networksOf(networks: Networks): readonly LanNetwork[] {
  return [{ name: usualNetwork, cidr: networks.lanCidr }, ...(networks.lans ?? [])]
}

/** LP2. Nodes count from 1. */
export function nodeAddress(networks: Networks, network: string, number: number): string {
  return addressAt(rangeOf(networks, network), firstNode + number)
}

export function prefixOf(networks: Networks, network: string): number {
  return rangeOf(networks, network).prefix
}

export function routerPlans(networks: Networks): readonly RouterPlan[] {
  const routers = networks.routers ?? []
  return routers.map((router, index) => ({
    name: router.name,
    interfaces: router.joins.map(({ network, mtuBytes }, turn) => ({ network, mtuBytes, cidr: networksOf(networks).find(({ name }) => name === network)!.cidr, address: routerAddress(networks, router, network), mac: `52:54:00:32:${hexPair(index)}:${hexPair(turn)}` })),
    routes: withOwn(router.routes ?? [], routesFrom(networks, router.joins.map(({ network }) => network), router)),
  }))
}

/** What a node on this network needs beside the network itself. */
export function routesOfNetwork(networks: Networks, network: string): readonly LanRoute[] {
  return routesFrom(networks, [network], null)
}

/** Names of ports that are the routers'. */
export function routerPorts(networks: Networks): readonly { readonly port: string; readonly network: string }[] {
  return (networks.routers ?? []).flatMap(({ name, joins }) => joins.map(({ network }) => ({ port: routerPortName(name, network), network })))
}

function routerAddress(networks: Networks, router: RouterSpec, network: string): string {
  const there = (networks.routers ?? []).filter(({ joins }) => joins.some(join => join.network === network))
  return addressAt(rangeOf(networks, network), 1 + there.indexOf(router))
}

/** LP3: a search outwards from where the asker is; the first router on the way is the neighbour to ask. */
function routesFrom(networks: Networks, here: readonly string[], asker: RouterSpec | null): readonly LanRoute[] {
  const first = new Map<string, string>()
  const seen = new Set(here)
  let edge: readonly { readonly network: string; readonly via: string | null }[] = here.map(network => ({ network, via: null }))
  while (edge.length > 0) {
    const next: { network: string; via: string }[] = []
    for (const router of (networks.routers ?? []).filter(other => other !== asker)) {
      for (const { network, via } of edge.filter(place => router.joins.some(join => join.network === place.network))) {
        for (const { network: beyond } of router.joins.filter(join => !seen.has(join.network))) {
          seen.add(beyond)
          const neighbour = via ?? routerAddress(networks, router, network)
          first.set(beyond, neighbour)
          next.push({ network: beyond, via: neighbour })
        }
      }
    }
    edge = next
  }
  return networksOf(networks).flatMap(({ name, cidr }) => (first.has(name) ? [{ to: cidr, via: first.get(name)! }] : []))
}

function withOwn(own: readonly LanRoute[], found: readonly LanRoute[]): readonly LanRoute[] {
  return [...own, ...found.filter(({ to }) => own.every(route => route.to !== to))]
}

function rangeOf(networks: Networks, network: string): NonNullable<ReturnType<typeof readCidr>> {
  const range = readCidr(networksOf(networks).find(({ name }) => name === network)?.cidr ?? '')
  if (range === undefined) throw new Error(`the lab has no network "${network}"`)
  return range
}

function hexPair(value: number): string {
  return value.toString(16).padStart(2, '0')
}
