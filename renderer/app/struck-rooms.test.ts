import { expect, test } from 'vitest'
import type { FaultTarget } from '../../electron/contract/faults.ts'
import { faultsOf } from './struck-rooms.ts'

const targets: readonly FaultTarget[] = [
  { type: 'component', name: 'kubelet@node-1' }, { type: 'component', name: 'kube-apiserver-2' }, { type: 'component', name: 'kube-scheduler' },
  { type: 'node', name: 'node-1' }, { type: 'node', name: 'node-2' }, { type: 'link', from: '*', to: 'node-1', bothWays: true }, { type: 'object', namespace: 'default', name: 'web' },
]

test('SR1 a component concerns its room, on a node and numbered too', () => {
  expect(['kubelet', 'kube-apiserver', 'kube-scheduler', 'etcd'].map(component => faultsOf({ component }, targets))).toEqual([1, 1, 1, 0])
})

test('SR2 nodes, links and objects concern the rooms that show them', () => {
  expect((['node', 'link', 'object', 'everything'] as const).map(struckBy => faultsOf({ struckBy }, targets))).toEqual([2, 1, 1, 7])
  expect(faultsOf({}, targets)).toBe(0)
})
