import { expect, test } from 'vitest'
import { hitAt, layOut, podPoint } from './map-layout.ts'
import type { PodPlace, ServicePlace } from './places.ts'

const podsOn = (node: string, count: number): PodPlace[] => Array.from({ length: count }, (_, index) => ({ id: `default/${node}-${index}`, namespace: 'default', name: `${node}-${index}`, node, ip: '', status: 'Running' }))
const nodesNamed = (...names: string[]) => names.map(name => ({ name, network: 'lan' }))
const service: ServicePlace = { id: 'default/web', namespace: 'default', name: 'web', ip: '10.96.0.7', ports: [] }

test('ML1 what is drawn is found again where it is', () => {
  const pods = [...podsOn('node-1', 30), ...podsOn('node-2', 3)]
  const layout = layOut(900, 500, { nodes: nodesNamed('node-1', 'node-2'), pods, services: [service], routers: [] })
  expect(layout.services[0]!.y + layout.services[0]!.height).toBeLessThan(layout.nodes[0]!.y)
  for (const box of layout.nodes) {
    box.pods.forEach((pod, index) => { expect(hitAt(layout, podPoint(box, index))).toEqual({ type: 'pod', pod }) })
    expect(hitAt(layout, { x: box.x + 2, y: box.y + 2 })).toEqual({ type: 'node', box })
    expect([box.x + box.width <= 900, box.y + box.height <= 500]).toEqual([true, true])
  }
  expect(hitAt(layout, { x: layout.services[0]!.x + 1, y: layout.services[0]!.y + 1 })).toEqual({ type: 'service', service })
  expect(hitAt(layout, { x: 1, y: 1 })).toBeNull()
})

test('ML2 five thousand pods on two nodes are each to be seen, on two hundred small nodes as bars', () => {
  const two = layOut(900, 500, { nodes: nodesNamed('node-1', 'node-2'), pods: [...podsOn('node-1', 2_500), ...podsOn('node-2', 2_500)], services: [], routers: [] })
  for (const box of two.nodes) {
    expect(box.cell).toBeGreaterThanOrEqual(4)
    const last = podPoint(box, 2_499)
    expect(last.y).toBeLessThan(box.y + box.height)
  }
  const names = Array.from({ length: 200 }, (_, index) => `node-${index}`)
  const many = layOut(900, 500, { nodes: nodesNamed(...names), pods: names.flatMap(name => podsOn(name, 200)), services: [], routers: [] })
  expect(many.nodes.every(({ cell }) => cell === null)).toBe(true)
})

test('ML3 pods without a node are counted', () => {
  expect(layOut(900, 500, { nodes: nodesNamed('node-1'), pods: [...podsOn('', 2), ...podsOn('node-1', 1)], services: [], routers: [] }).waiting).toBe(2)
})

test('ML4 a router stands between services and nodes, with a line to each node on its networks', () => {
  const nodes = [{ name: 'west', network: 'lan' }, { name: 'far', network: 'east' }, { name: 'apart', network: 'north' }]
  const layout = layOut(900, 500, { nodes, pods: [], services: [service], routers: [{ name: 'r1', networks: ['lan', 'east'], text: 'lan 172.30.0.1 · east 172.31.0.1' }] })
  const [router] = layout.routers
  expect(layout.services[0]!.y + layout.services[0]!.height).toBeLessThan(router!.y)
  expect(router!.y + router!.height).toBeLessThan(layout.nodes[0]!.y)
  expect(layout.cables.map(({ router: from, node }) => `${from} ${node}`)).toEqual(['r1 west', 'r1 far'])
  expect(hitAt(layout, { x: router!.x + 1, y: router!.y + 1 })).toEqual({ type: 'router', router: router!.router })
})
