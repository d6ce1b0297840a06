/**
 * The way of a connection from a pod to an address and of the answer back, through what the nodes have now. Pure.
 *
 *   TC1  The first packet meets, on the pod's node: nat PREROUTING, the route, filter FORWARD (INPUT where it ends there), nat POSTROUTING.
 *   TC2  A route through a tunnel's device wraps the packet: for VXLAN the next hop's MAC and the forwarding entry of that MAC
 *        name the node it is sent to; for IPIP the next hop is that node.
 *   TC3  On the other node it is unwrapped, meets the same chains, and is delivered by the route to its pod.
 *   TC4  The answer meets no nat rule: the node that translated remembers, and gives it the ends that the pod expects.
 *   TC5  A packet that is refused, or for which there is no route, ends there, and no answer is told of.
 */
import type { ConnectionPath, PacketEnds, PathStep } from '../../../contract/connections.ts'
import { type NodeFacts, type RouteEntry, localAddresses, routeTo } from './node-facts.ts'
import type { Packet } from './rule.ts'
import { type Effect, walkChain } from './walk-chains.ts'

export interface TraceQuestion {
  readonly from: { readonly node: string; readonly address: string; readonly port: number }
  readonly to: { readonly address: string; readonly port: number; readonly protocol: 'tcp' | 'udp' }
  readonly endpoint: string | null
}

type Leg = PathStep['leg']
type Outer = NonNullable<PathStep['outer']>

export function traceConnection(question: TraceQuestion, nodes: readonly NodeFacts[]): ConnectionPath {
  const steps: PathStep[] = []
  const unjudged = new Set<string>()
  let endpoints: ConnectionPath['endpoints'] = []
  const start: Packet = { protocol: question.to.protocol, source: question.from.address, sourcePort: question.from.port, destination: question.to.address, destinationPort: question.to.port, mark: 0 }

  const step = (leg: Leg, facts: NodeFacts, event: PathStep['event'], packet: Packet, more: Partial<PathStep> = {}): void => {
    steps.push({ leg, node: facts.node, event, evidence: '', command: null, packet: endsOf(packet), outer: null, share: null, counted: null, ...more })
  }
  const told = (leg: Leg, facts: NodeFacts, table: string, effects: readonly Effect[], at: Packet): void => {
    let packet = at
    for (const effect of effects) {
      if ('packet' in effect) packet = effect.packet
      const event = effect.type === 'jumped' ? (effect.share === null ? 'rule' : 'chosen') : effect.type
      step(leg, facts, event, packet, { evidence: effect.rule.text, command: `iptables-save -c -t ${table}`, counted: effect.rule.packets, share: effect.type === 'jumped' ? effect.share : null })
    }
  }

  /** Through one node; null where it ended. */
  const pass = (leg: Leg, facts: NodeFacts, inDevice: string, before: Packet): { readonly packet: Packet; readonly route: RouteEntry | null } | null => {
    const local = localAddresses(facts)
    const isNew = leg === 'there'
    let packet = before
    const through = (table: string, chain: string, outDevice: string | null): boolean => {
      if (table === 'nat' && !isNew) return true // TC4
      const walked = walkChain(facts, table, chain, packet, { local, inDevice, outDevice, isNew }, question.endpoint)
      for (const rule of walked.unjudged) unjudged.add(rule)
      if (walked.endpoints.length > 0) endpoints = walked.endpoints
      told(leg, facts, table, walked.effects, packet)
      packet = walked.packet
      if (walked.effects.some(({ type }) => type === 'masqueraded')) packet = { ...packet, source: sourceFor(facts, packet, outDevice) }
      if (walked.verdict === 'accepted') return true
      step(leg, facts, walked.verdict, packet, { evidence: walked.by, command: `iptables-save -c -t ${table}` })
      return false
    }
    if (!through('nat', 'PREROUTING', null)) return null // TC1
    if (local.has(packet.destination)) return through('filter', 'INPUT', null) ? { packet, route: null } : null
    const route = routeTo(facts, packet.destination)
    if (route === undefined) {
      step(leg, facts, 'stranded', packet, { command: `ip route get ${packet.destination}` }) // TC5
      return null
    }
    step(leg, facts, 'routed', packet, { evidence: route.text, command: `ip route get ${packet.destination}` })
    if (!through('filter', 'FORWARD', route.device)) return null
    const masqueradedFrom = packet.source
    if (!through('nat', 'POSTROUTING', route.device)) return null
    const masquerading = steps.at(-1)
    if (packet.source !== masqueradedFrom && masquerading?.event === 'masqueraded') steps[steps.length - 1] = { ...masquerading, packet: endsOf(packet) }
    return { packet, route }
  }

  /** One way; where it ended, or null where it did not arrive. */
  const travel = (leg: Leg, first: NodeFacts, inDevice: string, sent: Packet): { readonly packet: Packet; readonly facts: NodeFacts } | null => {
    let [facts, device, packet] = [first, inDevice, sent]
    for (let hops = 0; hops < 4; hops++) {
      const passed = pass(leg, facts, device, packet)
      if (passed === null) return null
      packet = passed.packet
      const { route } = passed
      if (route === null) {
        step(leg, facts, 'delivered', packet, { evidence: `${packet.destination} is an address of ${facts.node}`, command: 'ip -br address' })
        return { packet, facts }
      }
      const out = facts.devices.find(({ name }) => name === route.device)
      if (out?.kind === 'bridge') {
        step(leg, facts, 'delivered', packet, { evidence: neighbourText(facts, packet.destination, route.device), command: `ip neigh show ${packet.destination}` })
        return { packet, facts }
      }
      const outer = outerOf(facts, route)
      if (outer !== null) step(leg, facts, 'wrapped', packet, { outer: outer.outer, evidence: outer.evidence, command: outer.command }) // TC2
      const hop = outer?.outer.destination ?? route.via ?? packet.destination
      const next = nodes.find(candidate => candidate !== facts && localAddresses(candidate).has(hop))
      const lan = outer === null ? route : routeTo(facts, hop)
      if (next === undefined) {
        step(leg, facts, 'crossed', packet, { outer: outer?.outer ?? null, evidence: lan?.text ?? '', command: `ip route get ${hop}` })
        return null
      }
      step(leg, facts, 'crossed', packet, { outer: outer?.outer ?? null, evidence: lan?.text ?? '', command: `ip route get ${hop}` })
      const inner = next.devices.find(({ kind }) => outer !== null && kind === outer.outer.kind)
      if (outer !== null) step(leg, next, 'unwrapped', packet, { evidence: inner === undefined ? '' : inner.name, command: inner === undefined ? null : `ip -d link show ${inner.name}` }) // TC3
      device = inner?.name ?? (lan?.device ?? '')
      facts = next
      packet = { ...packet, mark: 0 }
    }
    return null
  }

  const home = nodes.find(({ node }) => node === question.from.node)
  if (home === undefined) return { steps, endpoints, unjudged: [] }
  const bridge = routeTo(home, question.from.address)?.device ?? ''
  step('there', home, 'sent', start, { evidence: neighbourText(home, question.from.address, bridge), command: `ip neigh show ${question.from.address}` })
  const arrived = travel('there', home, bridge, start)
  if (arrived !== null) {
    const { packet, facts } = arrived
    const answer: Packet = { ...packet, source: packet.destination, sourcePort: packet.destinationPort, destination: packet.source, destinationPort: packet.sourcePort, mark: 0 }
    const restored: Packet = { ...start, source: start.destination, sourcePort: start.destinationPort, destination: start.source, destinationPort: start.sourcePort }
    const isTranslated = packet.destination !== start.destination || packet.destinationPort !== start.destinationPort || packet.source !== start.source
    const memory = `conntrack -L -s ${start.source} -d ${start.destination}`
    const restore = (where: NodeFacts): void => { if (isTranslated) step('back', where, 'restored', restored, { command: memory }) } // TC4
    const isLocalEnd = localAddresses(facts).has(packet.destination)
    step('back', facts, 'sent', answer, { evidence: isLocalEnd ? '' : neighbourText(facts, packet.destination, routeTo(facts, packet.destination)?.device ?? ''), command: isLocalEnd ? null : `ip neigh show ${packet.destination}` })
    if (facts === home) {
      restore(home)
      step('back', home, 'delivered', isTranslated ? restored : answer, { evidence: neighbourText(home, start.source, bridge), command: `ip neigh show ${start.source}` })
    } else {
      const back = travel('back', facts, routeTo(facts, packet.destination)?.device ?? '', answer)
      if (back !== null) {
        const last = steps.pop()! // it reached the node; what it remembers comes before the delivery
        restore(home)
        step('back', home, 'delivered', isTranslated ? restored : answer, { evidence: packet.source === start.source ? last.evidence : neighbourText(home, start.source, bridge), command: `ip neigh show ${start.source}` })
      }
    }
  }
  return { steps, endpoints, unjudged: [...unjudged] }
}

function endsOf({ source, sourcePort, destination, destinationPort }: Packet): PacketEnds {
  return { source, sourcePort, destination, destinationPort }
}

function neighbourText({ neighbours }: NodeFacts, address: string, device: string): string {
  return neighbours.find(one => one.address === address && one.device === device)?.text ?? ''
}

/** The address that masquerading gives: of the way out. */
function sourceFor(facts: NodeFacts, packet: Packet, outDevice: string | null): string {
  return routeTo(facts, packet.destination)?.source ?? facts.devices.find(({ name }) => name === outDevice)?.addresses[0] ?? packet.source
}

/** TC2 */
function outerOf(facts: NodeFacts, route: RouteEntry): { readonly outer: Outer; readonly evidence: string; readonly command: string } | null {
  const device = facts.devices.find(({ name }) => name === route.device)
  if (device?.kind === 'vxlan') {
    const neighbour = facts.neighbours.find(one => one.address === route.via && one.device === device.name)
    const entry = facts.forwarding.find(({ mac, device: on }) => mac === neighbour?.mac && on === device.name)
    if (neighbour === undefined || entry === undefined) return null
    const { id, port, local } = device.options as { id?: number; port?: number; local?: string }
    return { outer: { kind: 'vxlan', source: local ?? '', destination: entry.destination, detail: `VNI ${id ?? '?'}, UDP ${port ?? '?'}` }, evidence: `${neighbour.text}\n${entry.text}`, command: `ip neigh show dev ${device.name}; bridge fdb show dev ${device.name}` }
  }
  if (device?.kind === 'ipip' && route.via !== null) {
    const { local } = device.options as { local?: string }
    return { outer: { kind: 'ipip', source: local ?? '', destination: route.via, detail: 'IP protocol 4' }, evidence: route.text, command: `ip -d link show ${device.name}` }
  }
  return null
}
