import { expect, test } from 'vitest'
import type { Node } from '../../../api/groups/core-v1/types.ts'
import { nodeDefaults } from '../simulation/nodes-file.ts'
import { isNews, newNode, slimNode, statusOf } from './node-object.ts'
import type { SimulatedNode } from './simulated-node.ts'

const kubelet = { version: 'v1.36.0', port: 10_247 }
const simulated = (more: Partial<SimulatedNode> = {}): SimulatedNode => ({ ...nodeDefaults, name: 'sim-1', address: '198.19.0.1', labels: {}, taints: [], resources: {}, ...more })
const registered = (node: SimulatedNode): Node => slimNode({ ...(newNode(node, kubelet, 0) as Node), metadata: { name: node.name, uid: 'u', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' } })

test('SN5: a node that was just registered has nothing to report, however its amounts were written', () => {
  const node = simulated({ memoryMiB: 32_768, resources: { 'example.com/gpu': '4000m' } })
  const present = registered(node)
  expect(present.status.capacity).toMatchObject({ 'memory': '32Gi', 'example.com/gpu': '4' })
  expect(isNews(present, statusOf(node, kubelet, present, 60_000))).toBe(false)
})

test('SN2: more memory in the file is news', () => {
  const present = registered(simulated({ memoryMiB: 32_768 }))
  const grown = simulated({ memoryMiB: 65_536 })
  expect(isNews(present, statusOf(grown, kubelet, present, 60_000))).toBe(true)
})
