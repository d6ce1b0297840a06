/** What is there now: reads the JSON of `ip` and `bridge` into a SeenNetwork. The texts are handed in, so this is pure. */
import type { ForwardingEntry, Neighbour, Route } from './backends/backend.ts'
import type { SeenDevice, SeenNetwork } from './network-plan.ts'
import { ownDevices } from './network-plan.ts'

export interface IpJson {
  /** ip -j -d addr show */
  readonly addresses: string
  /** bridge -j fdb show, of each own device that exists. */
  readonly forwarding: Readonly<Record<string, string>>
  /** ip -j neigh show nud permanent */
  readonly neighbours: string
  /** ip -j route show proto 73 */
  readonly routes: string
}

interface LinkJson {
  readonly ifname: string
  readonly address?: string
  readonly mtu: number
  readonly flags: readonly string[]
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> }
  readonly addr_info?: readonly { readonly family?: string; readonly local?: string; readonly prefixlen?: number }[]
}

export function readSeenNetwork(json: IpJson): SeenNetwork {
  const links = readArray<LinkJson>(json.addresses)
  const own = new Set<string>(ownDevices)
  const neighbours = readArray<{ dst: string; lladdr?: string; dev: string }>(json.neighbours)
    .filter(entry => own.has(entry.dev) && entry.lladdr !== undefined)
    .map((entry): Neighbour => ({ address: entry.dst, mac: entry.lladdr!, device: entry.dev }))
  const forwarding = Object.entries(json.forwarding).flatMap(([device, text]) =>
    readArray<{ mac: string; dst?: string }>(text).filter(entry => entry.dst !== undefined).map((entry): ForwardingEntry => ({ mac: entry.mac, destination: entry.dst!, device })),
  )
  const routes = readArray<{ dst: string; gateway?: string; dev: string; flags?: readonly string[]; prefsrc?: string }>(json.routes).map(
    (route): Route => ({ to: route.dst, via: route.gateway ?? null, device: route.dev, onlink: route.flags?.includes('onlink') ?? false, source: route.prefsrc ?? null }),
  )
  return { devices: links.filter(link => own.has(link.ifname)).map(readDevice), neighbours, forwarding, routes }
}

export function readLink(addressesJson: string, name: string): { mtu: number; addresses: string[] } | undefined {
  const link = readArray<LinkJson>(addressesJson).find(other => other.ifname === name)
  return link === undefined ? undefined : { mtu: link.mtu, addresses: addressesOf(link) }
}

function readDevice(link: LinkJson): SeenDevice {
  const data = link.linkinfo?.info_data ?? {}
  const facts = Object.fromEntries(
    ([['id', 'id'], ['local', 'local'], ['link', 'dev'], ['port', 'dstport']] as const)
      .filter(([key]) => data[key] !== undefined)
      .map(([key, word]) => [word, String(data[key])]),
  )
  return { name: link.ifname, kind: link.linkinfo?.info_kind ?? '', mac: link.address ?? '', mtu: link.mtu, isUp: link.flags.includes('UP'), addresses: addressesOf(link), facts }
}

function addressesOf(link: LinkJson): string[] {
  return (link.addr_info ?? []).filter(info => info.family === 'inet' && info.local !== undefined).map(info => `${info.local}/${info.prefixlen}`)
}

function readArray<T>(text: string): T[] {
  const trimmed = text.trim()
  return trimmed === '' ? [] : (JSON.parse(trimmed) as T[])
}
