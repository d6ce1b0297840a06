/** What decides on a node where a packet goes, read from the texts of iptables-save, ip and bridge. Pure. */
import { type Rule, isWithin, readRule } from './rule.ts'

export interface RouteEntry {
  readonly to: string
  readonly via: string | null
  readonly device: string
  readonly source: string | null
  readonly text: string
}

export interface DeviceEntry {
  readonly name: string
  /** bridge, vxlan, ipip, veth; empty for a card. */
  readonly kind: string
  readonly addresses: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
}

export interface NeighbourEntry {
  readonly address: string
  readonly mac: string
  readonly device: string
  readonly text: string
}

export interface NodeFacts {
  readonly node: string
  /** Table, then chain. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, readonly Rule[]>>
  /** Of built-in chains, by table and chain. */
  readonly policies: ReadonlyMap<string, string>
  readonly routes: readonly RouteEntry[]
  readonly devices: readonly DeviceEntry[]
  readonly neighbours: readonly NeighbourEntry[]
  readonly forwarding: readonly { readonly mac: string; readonly destination: string; readonly device: string; readonly text: string }[]
}

/** Prints the five texts, each after a line with its name. */
export const factsProgram = `echo "== rules"; iptables-save -c
echo "== routes"; /sbin/ip -j route show table main; echo
echo "== devices"; /sbin/ip -j -d addr show; echo
echo "== neighbours"; /sbin/ip -j neigh show; echo
echo "== forwarding"; /sbin/bridge -j fdb show; echo`

export function readNodeFacts(node: string, text: string): NodeFacts {
  const sections = new Map(text.split(/^== /m).slice(1).map(section => [section.slice(0, section.indexOf('\n')), section.slice(section.indexOf('\n') + 1)]))
  const json = <T>(name: string): readonly T[] => JSON.parse(sections.get(name)?.trim() || '[]') as readonly T[]
  const { tables, policies } = readTables(sections.get('rules') ?? '')
  return {
    node, tables, policies,
    routes: json<{ dst: string; gateway?: string; dev: string; prefsrc?: string; flags?: readonly string[] }>('routes').map(({ dst, gateway, dev, prefsrc, flags }) => ({
      to: dst === 'default' ? '0.0.0.0/0' : dst, via: gateway ?? null, device: dev, source: prefsrc ?? null,
      text: [dst, ...(gateway === undefined ? [] : ['via', gateway]), 'dev', dev, ...(prefsrc === undefined ? [] : ['src', prefsrc]), ...(flags ?? [])].join(' '),
    })),
    devices: json<{ ifname: string; addr_info?: readonly { family?: string; local?: string }[]; linkinfo?: { info_kind?: string; info_data?: Record<string, unknown> } }>('devices').map(({ ifname, addr_info: addresses, linkinfo }) => ({
      name: ifname, kind: linkinfo?.info_kind ?? '', options: linkinfo?.info_data ?? {},
      addresses: (addresses ?? []).filter(({ family, local }) => family === 'inet' && local !== undefined).map(({ local }) => local!),
    })),
    neighbours: json<{ dst: string; lladdr?: string; dev: string; state?: readonly string[] }>('neighbours').filter(({ lladdr }) => lladdr !== undefined).map(({ dst, lladdr, dev, state }) => ({ address: dst, mac: lladdr!, device: dev, text: `${dst} dev ${dev} lladdr ${lladdr} ${(state ?? []).join(' ')}`.trim() })),
    forwarding: json<{ mac: string; dst?: string; ifname?: string; dev?: string }>('forwarding').filter(({ dst }) => dst !== undefined).map(({ mac, dst, ifname, dev }) => ({ mac, destination: dst!, device: ifname ?? dev ?? '', text: `${mac} dev ${ifname ?? dev} dst ${dst}` })),
  }
}

function readTables(saved: string): Pick<NodeFacts, 'tables' | 'policies'> {
  const tables = new Map<string, Map<string, Rule[]>>()
  const policies = new Map<string, string>()
  let table = ''
  for (const line of saved.split('\n')) {
    if (line.startsWith('*')) {
      table = line.slice(1).trim()
      tables.set(table, new Map())
    } else if (line.startsWith(':')) {
      const [chain = '', policy = '-'] = line.slice(1).split(' ')
      tables.get(table)?.set(chain, [])
      if (policy !== '-') policies.set(`${table} ${chain}`, policy)
    } else {
      const rule = readRule(line.trim())
      if (rule !== null) tables.get(table)?.get(rule.chain)?.push(rule)
    }
  }
  return { tables, policies }
}

export function localAddresses({ devices }: NodeFacts): ReadonlySet<string> {
  return new Set(devices.flatMap(({ addresses }) => addresses))
}

/** The route with the longest prefix. */
export function routeTo({ routes }: NodeFacts, address: string): RouteEntry | undefined {
  const length = ({ to }: RouteEntry): number => Number(to.split('/')[1] ?? 32)
  return routes.filter(({ to }) => isWithin(address, to)).toSorted((a, b) => length(b) - length(a))[0]
}
