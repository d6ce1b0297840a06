import { expect, test } from 'vitest'
import { hitAt, layOut, podPoint } from './map-layout.ts'
import type { PodPlace, ServicePlace } from './places.ts'

const podsOn = (node: string, count: number): PodPlace[] => Array.from({ length: count }, (_, index) => ({ id: `default/${node}-${index}`, namespace: 'default', name: `${node}-${index}`, node, ip: '', status: 'Running' }))
const service: ServicePlace = { id: 'default/web', namespace: 'default', name: 'web', ip: '10.96.0.7', ports: [] }

test('ML1 what is drawn is found again where it is', () => {
  const pods = [...podsOn('node-1', 30), ...podsOn('node-2', 3)]
  const layout = layOut(900, 500, ['node-1', 'node-2'], pods, [service])
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
  const two = layOut(900, 500, ['node-1', 'node-2'], [...podsOn('node-1', 2_500), ...podsOn('node-2', 2_500)], [])
  for (const box of two.nodes) {
    expect(box.cell).toBeGreaterThanOrEqual(4)
    const last = podPoint(box, 2_499)
    expect(last.y).toBeLessThan(box.y + box.height)
  }
  const names = Array.from({ length: 200 }, (_, index) => `node-${index}`)
  const many = layOut(900, 500, names, names.flatMap(name => podsOn(name, 200)), [])
  expect(many.nodes.every(({ cell }) => cell === null)).toBe(true)
})

test('ML3 pods without a node are counted', () => {
  expect(layOut(900, 500, ['node-1'], [...podsOn('', 2), ...podsOn('node-1', 1)], []).waiting).toBe(2)
})
