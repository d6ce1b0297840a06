import { describe, expect, it } from 'vitest'
import type { Node } from '../../../../api/groups/core-v1/types.ts'
import type { Endpoint } from '../../../../api/groups/discovery-v1/types.ts'
import { planTopologyHints } from './plan-topology-hints.ts'

const zoneLabel = 'topology.kubernetes.io/zone'
const node = (zone: string, cpu: string, more: { ready?: string; labels?: object } = {}) => ({ metadata: { labels: { ...(zone === '' ? {} : { [zoneLabel]: zone }), ...more.labels } }, status: { allocatable: { cpu }, conditions: [{ type: 'Ready', status: more.ready ?? 'True' }] } }) as unknown as Node
const even = [node('a', '2'), node('b', '2')]
const endpoints = (zones: string): Endpoint[] => [...zones].map((zone, index) => ({ addresses: [`10.0.0.${index}`], conditions: { ready: zone === zone.toLowerCase() }, ...(zone === '-' ? {} : { zone: zone.toLowerCase() }) }))
/** For each endpoint the zone it is for; "." for none. Upper case endpoints are not ready, "-" has no zone. */
function hints(zones: string, nodes: readonly Node[]): string {
  const plan = planTopologyHints([{ ports: [], endpoints: endpoints(zones) }], nodes, zoneLabel)
  return plan.refusal ?? plan.groups[0]!.endpoints.map(endpoint => endpoint.hints?.forZones?.[0]?.name ?? '.').join('')
}

describe('topology hints', () => {
  it.each([
    ['aabb', even, 'aabb'],
    ['aaab', even, 'baab'],
    ['aaaaaa', even, 'bbbaaa'],
    ['aabbA', even, 'aabb.'],
    ['aaabbb', [node('a', '4'), node('b', '2')], 'aaaabb'],
    ['aabb', [...even, node('a', '64', { ready: 'False' }), node('b', '64', { labels: { 'node-role.kubernetes.io/control-plane': '' } })], 'aabb'],
  ])('TH1, TH2: %s', (zones, nodes, expected) => {
    expect(hints(zones, nodes)).toBe(expected)
  })

  it.each([
    ['aabb', [node('a', '2'), node('', '2')], 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes'],
    ['aabb', [node('a', '2')], 'Nodes only ready in one zone'],
    ['a', even, 'Insufficient number of endpoints (1), impossible to safely allocate proportionally'],
    ['aab', even, 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (3 endpoints, 2 zones)'],
    ['aab-', even, 'No zone specified for one or more endpoints'],
  ])('TH3: %s', (zones, nodes, refusal) => {
    expect(hints(zones, nodes)).toBe(refusal)
  })
})
