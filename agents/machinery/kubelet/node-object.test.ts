import { expect, test } from 'vitest'
import { canonicalQuantity } from '../../api/schema/quantity.ts'
import type { NodeStatus } from '../../api/groups/core-v1/types.ts'
import { isStatusNews, nodeStatusOf, type NodeStatusInput } from './node-object.ts'

const gibibyte = 1024 ** 3
const input = (more: Partial<NodeStatusInput> = {}): NodeStatusInput => ({
  nodeName: 'n', addresses: ['10.0.0.1'], maxPods: 110, port: 10_250, problem: undefined, pressure: { memory: false, disk: false, pid: false }, images: [], present: undefined, nowMs: 0,
  machine: { cpus: 4, memoryBytes: 32 * gibibyte, diskBytes: 100 * gibibyte, systemInfo: {} as never },
  ...more,
})

/** Quantities as the API server writes them back. */
function answered(status: NodeStatus): NodeStatus {
  const canonical = (amounts: Readonly<Record<string, string>> = {}) => Object.fromEntries(Object.entries(amounts).map(([resource, amount]) => [resource, canonicalQuantity(amount)]))
  return { ...status, capacity: canonical(status.capacity), allocatable: canonical(status.allocatable) }
}

test.each([32 * gibibyte, 2_043_568 * 1024, 3 * 1024 ** 2, 1_000_000_001])('ND4: the status of a node with %d bytes of memory and disk comes back as it was posted', bytes => {
  const posted = nodeStatusOf(input({ machine: { cpus: 4, memoryBytes: bytes, diskBytes: bytes, systemInfo: {} as never } }))
  expect(isStatusNews(answered(posted), posted)).toBe(false)
})

test('ND2: a later heartbeat is no news, a condition that turned round is', () => {
  const posted = nodeStatusOf(input())
  const later = nodeStatusOf(input({ nowMs: 60_000, present: posted }))
  expect(isStatusNews(posted, later)).toBe(false)
  expect(isStatusNews(posted, nodeStatusOf(input({ nowMs: 60_000, present: posted, problem: 'the runtime is down' })))).toBe(true)
})

test('ND3: a tenth of the disk and 100 Mi of memory are kept free', () => {
  expect(nodeStatusOf(input())).toMatchObject({ capacity: { 'memory': '32Gi', 'ephemeral-storage': '100Gi' }, allocatable: { 'memory': '32668Mi', 'ephemeral-storage': '96636764160' } })
})
