/**
 * Topology aware routing: shares the ready endpoints of a Service out to zones by the cpu of their nodes. Pure.
 * Upstream: endpointslice/topologycache. Asked for by the annotation service.kubernetes.io/topology-mode: Auto.
 *
 *   TH1  A zone's share is that of its nodes' cpu; control plane nodes and those that are not ready do not count.
 *   TH2  An endpoint is for its own zone; zones that have more than their share give to those that have less, whole endpoints,
 *        and never so many that they could be loaded by more than a fifth above their share.
 *   TH3  Where that cannot be had (a node or endpoint without zone, one zone only, too few endpoints) no endpoint has a hint,
 *        and the reason is told.
 */
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import type { Endpoint } from '../../../../api/groups/discovery-v1/types.ts'
import { quantityMillis } from '../../../../api/schema/quantity.ts'
import type { WantedGroup } from '../../services/plan-slices.ts'

const overloadThreshold = 0.2
const excludedLabels = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master']

export interface HintsPlan {
  readonly groups: readonly WantedGroup[]
  /** Why there are none. */
  readonly refusal?: string
}

interface Allocation {
  readonly minimum: number
  readonly desired: number
}

export function planTopologyHints(groups: readonly WantedGroup[], nodes: readonly Node[], zoneLabel: string): HintsPlan {
  const plain = groups.map(group => ({ ...group, endpoints: group.endpoints.map(withoutHints) }))
  const refuse = (refusal: string): HintsPlan => ({ groups: plain, refusal }) // TH3
  const ready = plain.flatMap(({ endpoints }) => endpoints.filter(isReady))
  const shares = sharesOf(nodes, zoneLabel)
  if (shares === undefined) return refuse('Insufficient Node information: allocatable CPU or zone not specified on one or more nodes')
  if (shares.size < 2) return refuse('Nodes only ready in one zone')
  if (shares.size > ready.length) return refuse(`Insufficient number of endpoints (${ready.length}), impossible to safely allocate proportionally`)
  const allocations = allocate(shares, ready.length)
  if (allocations === undefined) return refuse(`Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (${ready.length} endpoints, ${shares.size} zones)`)
  if (ready.some(({ zone }) => (zone ?? '') === '')) return refuse('No zone specified for one or more endpoints')
  const moves = planMoves(allocations, Map.groupBy(ready, ({ zone }) => zone!))
  return { groups: plain.map(group => ({ ...group, endpoints: group.endpoints.map(endpoint => (isReady(endpoint) ? forZone(endpoint, moves.get(endpoint.zone!)?.shift() ?? endpoint.zone!) : endpoint)) })) }
}

/** TH1; undefined when a node does not say enough. */
function sharesOf(nodes: readonly Node[], zoneLabel: string): ReadonlyMap<string, number> | undefined {
  const millis = new Map<string, number>()
  for (const { metadata: { labels = {} }, status } of nodes) {
    const serves = status.conditions?.some(condition => condition.type === 'Ready' && condition.status === 'True') === true
    if (!serves || excludedLabels.some(label => label in labels)) continue
    const cpu = Number(quantityMillis(status.allocatable?.['cpu'] ?? '0'))
    const zone = labels[zoneLabel] ?? ''
    if (zone === '' || cpu === 0) return undefined
    millis.set(zone, (millis.get(zone) ?? 0) + cpu)
  }
  const total = [...millis.values()].reduce((sum, each) => sum + each, 0)
  return total === 0 ? undefined : new Map([...millis].sort(([a], [b]) => (a < b ? -1 : 1)).map(([zone, each]) => [zone, each / total]))
}

function allocate(shares: ReadonlyMap<string, number>, count: number): ReadonlyMap<string, Allocation> | undefined {
  const allocations = new Map([...shares].map(([zone, share]) => {
    const minimum = Math.ceil((share * count) / (1 + overloadThreshold))
    return [zone, { minimum, desired: Math.max(share * count, minimum) }] as const
  }))
  const least = [...allocations.values()].reduce((sum, { minimum }) => sum + minimum, 0)
  return least > count ? undefined : allocations
}

/** TH2: by giving zone, to which zones its first endpoints go. */
function planMoves(allocations: ReadonlyMap<string, Allocation>, byZone: ReadonlyMap<string, readonly Endpoint[]>): Map<string, string[]> {
  const moves = new Map<string, string[]>()
  const has = new Map([...allocations.keys(), ...byZone.keys()].map(zone => [zone, byZone.get(zone)?.length ?? 0]))
  const surplus = (zone: string): number => has.get(zone)! - (allocations.get(zone)?.desired ?? 0)
  const most = (of: (zone: string) => number): string => [...has.keys()].reduce((best, zone) => (of(zone) > of(best) ? zone : best))
  for (;;) {
    const giving = most(surplus)
    const receiving = most(zone => -surplus(zone))
    if (surplus(giving) <= 0 || surplus(receiving) >= 0 || (surplus(giving) < 1 && -surplus(receiving) < 1)) return moves
    if (has.get(giving)! - 1 < (allocations.get(giving)?.minimum ?? 0)) return moves
    moves.set(giving, [...(moves.get(giving) ?? []), receiving])
    has.set(giving, has.get(giving)! - 1)
    has.set(receiving, has.get(receiving)! + 1)
  }
}

function isReady({ conditions }: Endpoint): boolean {
  return conditions?.ready !== false
}

function withoutHints({ hints: _, ...endpoint }: Endpoint): Endpoint {
  return endpoint
}

function forZone(endpoint: Endpoint, zone: string): Endpoint {
  return { ...endpoint, hints: { forZones: [{ name: zone }] } }
}
