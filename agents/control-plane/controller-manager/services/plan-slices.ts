/**
 * Spreads endpoints over EndpointSlices with as few writes as possible. Pure.
 *
 *   ES1  At most 100 endpoints a slice; all endpoints of a slice have the same ports and address family.
 *   ES2  An endpoint stays in the slice it is in. A slice is written only if an endpoint of it changed, went or came.
 *   ES3  New endpoints go first into slices that are written anyway, then into a new full slice, and a rest into the
 *        fullest untouched slice that has room for all of it; else into a new slice.
 *   ES4  A slice that would be empty is deleted, but a Service always has one slice an address family, if need be an empty one.
 */
import type { Endpoint, EndpointPort, EndpointSlice } from '../../../api/groups/discovery-v1/types.ts'
import { canonicalText, isEqualJson } from '../pods/canonical.ts'

export const mostEndpoints = 100

export interface WantedGroup {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: readonly Endpoint[]
}

export interface SlicesPlan {
  readonly create: readonly { readonly ports: readonly EndpointPort[]; readonly endpoints: readonly Endpoint[] }[]
  readonly update: readonly EndpointSlice[]
  readonly remove: readonly EndpointSlice[]
}

/** `existing` and `wanted` are of one address family. `dress` gives a slice the metadata it should have. */
export function planSlices(existing: readonly EndpointSlice[], wanted: readonly WantedGroup[], dress: (slice: EndpointSlice) => EndpointSlice): SlicesPlan {
  const plan = { create: [] as WantedGroup[], update: [] as EndpointSlice[], remove: [] as EndpointSlice[] }
  const byPorts = Map.groupBy(existing, slice => portsKey(slice.ports ?? []))
  const filled = wanted.filter(({ endpoints }) => endpoints.length > 0)
  for (const group of filled) {
    planGroup(byPorts.get(portsKey(group.ports)) ?? [], group, plan, dress)
    byPorts.delete(portsKey(group.ports))
  }
  const strays = [...byPorts.values()].flat()
  if (filled.length > 0) plan.remove.push(...strays)
  else if (strays.length === 0) plan.create.push({ ports: [], endpoints: [] }) // ES4
  else {
    const [kept, ...others] = strays
    const emptied = dress({ ...kept!, endpoints: [], ports: [] })
    if (!isSameSlice(emptied, kept!)) plan.update.push(emptied)
    plan.remove.push(...others)
  }
  return plan
}

function planGroup(existing: readonly EndpointSlice[], group: WantedGroup, plan: { create: WantedGroup[]; update: EndpointSlice[]; remove: EndpointSlice[] }, dress: (slice: EndpointSlice) => EndpointSlice): void {
  const toPlace = new Map(group.endpoints.map(endpoint => [endpointKey(endpoint), endpoint]))
  const slices = existing.map(slice => {
    const kept: Endpoint[] = []
    for (const endpoint of slice.endpoints ?? []) { // ES2
      const key = endpointKey(endpoint)
      const next = toPlace.get(key)
      if (next !== undefined) kept.push(next)
      toPlace.delete(key)
    }
    const next = dress({ ...slice, endpoints: kept })
    return { slice, kept, touched: !isSameSlice(next, slice) }
  })
  const rest = [...toPlace.values()]
  for (const entry of slices.filter(({ touched, kept }) => touched && kept.length > 0)) entry.kept.push(...rest.splice(0, mostEndpoints - entry.kept.length)) // ES3
  while (rest.length >= mostEndpoints) plan.create.push({ ports: group.ports, endpoints: rest.splice(0, mostEndpoints) })
  if (rest.length > 0) {
    const roomy = slices.filter(({ kept }) => kept.length + rest.length <= mostEndpoints).sort((a, b) => b.kept.length - a.kept.length)[0]
    if (roomy === undefined) plan.create.push({ ports: group.ports, endpoints: rest })
    else {
      roomy.kept.push(...rest)
      roomy.touched = true
    }
  }
  for (const { slice, kept, touched } of slices) {
    if (kept.length === 0) plan.remove.push(slice)
    else if (touched) plan.update.push(dress({ ...slice, endpoints: kept }))
  }
}

function endpointKey(endpoint: Endpoint): string {
  return [endpoint.addresses.join(','), endpoint.targetRef?.kind ?? '', endpoint.targetRef?.namespace ?? '', endpoint.targetRef?.name ?? '', endpoint.targetRef?.uid ?? ''].join('|')
}

function portsKey(ports: readonly EndpointPort[]): string {
  return ports.map(port => canonicalText({ name: '', ...port })).sort().join(';')
}

function isSameSlice(a: EndpointSlice, b: EndpointSlice): boolean {
  return isEqualJson([a.endpoints ?? [], a.ports ?? [], a.metadata.labels ?? {}], [b.endpoints ?? [], b.ports ?? [], b.metadata.labels ?? {}])
}
