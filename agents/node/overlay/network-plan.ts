/**
 * Wanted against seen, as commands for `ip` and `bridge`. Pure.
 *
 *   NP1  What is as wanted is not touched.
 *   NP2  A device with other options than wanted is made anew, since most of them cannot be changed.
 *   NP3  Only what this agent makes is taken away: its devices, and entries and routes on them. On a device that is not
 *        ours (host-gw) only routes marked with our protocol number go.
 */
import type { Device, ForwardingEntry, Neighbour, Route, WantedNetwork } from './backends/backend.ts'

/** Marks routes of this agent: `proto 73` in ip's output. */
export const routeProtocol = '73'
export const ownDevices = ['vxlan.kubarium', 'ipip.kubarium'] as const

export interface SeenDevice {
  readonly name: string
  readonly kind: string
  readonly mac: string
  readonly mtu: number
  readonly isUp: boolean
  readonly addresses: readonly string[]
  /** id, port, local, parent of a vxlan; local of an ipip. */
  readonly facts: Readonly<Record<string, string>>
}

export interface SeenNetwork {
  readonly devices: readonly SeenDevice[]
  readonly neighbours: readonly Neighbour[]
  readonly forwarding: readonly ForwardingEntry[]
  /** Routes with our protocol number. */
  readonly routes: readonly Route[]
}

export interface Command {
  readonly program: 'ip' | 'bridge'
  readonly argv: readonly string[]
}

export function planNetwork(wanted: WantedNetwork, seen: SeenNetwork): Command[] {
  const remade = new Set<string>()
  const commands = [...unwantedDevices(wanted, seen)]
  for (const device of wanted.devices) commands.push(...planDevice(device, seen.devices.find(other => other.name === device.name), remade))
  const survives = (entry: { device: string }) => !remade.has(entry.device) && wanted.devices.some(device => device.name === entry.device)

  const seenNeighbours = new Set(seen.neighbours.filter(survives).map(neighbourText))
  const wantedNeighbours = new Set(wanted.neighbours.map(neighbourText))
  for (const entry of wanted.neighbours) if (!seenNeighbours.has(neighbourText(entry))) commands.push(ip('neigh', 'replace', entry.address, 'lladdr', entry.mac, 'dev', entry.device, 'nud', 'permanent'))
  for (const entry of seen.neighbours.filter(survives)) if (!wantedNeighbours.has(neighbourText(entry)) && !wanted.neighbours.some(other => other.address === entry.address)) commands.push(ip('neigh', 'del', entry.address, 'dev', entry.device))

  const seenForwarding = new Set(seen.forwarding.filter(survives).map(forwardingText))
  const wantedForwarding = new Set(wanted.forwarding.map(forwardingText))
  for (const entry of seen.forwarding.filter(survives)) if (!wantedForwarding.has(forwardingText(entry))) commands.push(bridge('fdb', 'del', entry.mac, 'dev', entry.device, 'dst', entry.destination))
  for (const entry of wanted.forwarding) if (!seenForwarding.has(forwardingText(entry))) commands.push(bridge('fdb', 'replace', entry.mac, 'dev', entry.device, 'dst', entry.destination))

  const keptRoutes = seen.routes.filter(route => !remade.has(route.device))
  const seenRoutes = new Set(keptRoutes.map(routeText))
  const wantedRoutes = new Set(wanted.routes.map(routeText))
  for (const route of wanted.routes) if (!seenRoutes.has(routeText(route))) commands.push(ip('route', 'replace', ...routeArguments(route)))
  for (const route of keptRoutes) if (!wantedRoutes.has(routeText(route)) && !wanted.routes.some(other => other.to === route.to)) commands.push(ip('route', 'del', route.to, 'dev', route.device, 'proto', routeProtocol)) // NP3
  return commands
}

function* unwantedDevices(wanted: WantedNetwork, seen: SeenNetwork): Generator<Command> {
  for (const device of seen.devices) {
    const isOurs = (ownDevices as readonly string[]).includes(device.name)
    if (isOurs && !wanted.devices.some(other => other.name === device.name)) yield ip('link', 'del', device.name) // NP3
  }
}

function planDevice(device: Device, seen: SeenDevice | undefined, remade: Set<string>): Command[] {
  const commands: Command[] = []
  const fitting = seen !== undefined && seen.kind === device.kind && hasOptions(seen, device.options) && (device.mac === null || seen.mac === device.mac)
  if (!fitting) {
    if (seen !== undefined) commands.push(ip('link', 'del', device.name)) // NP2
    commands.push(ip('link', 'add', device.name, ...(device.mac === null ? [] : ['address', device.mac]), 'mtu', String(device.mtu), 'type', device.kind, ...device.options))
    remade.add(device.name)
  } else if (seen.mtu !== device.mtu) commands.push(ip('link', 'set', device.name, 'mtu', String(device.mtu)))
  const addresses = fitting ? seen.addresses : []
  if (device.address !== null && !addresses.includes(device.address)) commands.push(ip('addr', 'replace', device.address, 'dev', device.name))
  for (const address of addresses) if (address !== device.address) commands.push(ip('addr', 'del', address, 'dev', device.name))
  if (!fitting || !seen.isUp) commands.push(ip('link', 'set', device.name, 'up'))
  return commands
}

/** Options come in pairs of ip's own words, with a lone flag (nolearning) here and there. */
function hasOptions(seen: SeenDevice, options: readonly string[]): boolean {
  return Object.entries(seen.facts).every(([key, value]) => {
    const at = options.indexOf(key)
    return at < 0 || options[at + 1] === value
  })
}

function routeArguments(route: Route): string[] {
  return [route.to, ...(route.via === null ? [] : ['via', route.via]), 'dev', route.device, ...(route.onlink ? ['onlink'] : []), ...(route.source === null ? [] : ['src', route.source]), 'proto', routeProtocol]
}

function neighbourText(entry: Neighbour): string {
  return `${entry.device} ${entry.address} ${entry.mac}`
}

function forwardingText(entry: ForwardingEntry): string {
  return `${entry.device} ${entry.mac} ${entry.destination}`
}

function routeText(route: Route): string {
  return routeArguments(route).join(' ')
}

function ip(...argv: string[]): Command {
  return { program: 'ip', argv }
}

function bridge(...argv: string[]): Command {
  return { program: 'bridge', argv }
}
