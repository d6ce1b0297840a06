import { expect, test } from 'vitest'
import type { NodeState } from '../../../electron/contract/labs.ts'
import { forwardTarget } from './forward-target.ts'

const node = (name: string, change: Partial<NodeState> = {}) => ({ name, machine: 'running', provider: 'qemu', ...change }) as NodeState
const nodes = [node('off', { machine: 'stopped' }), node('node-1'), node('node-2')]
const pod = { spec: { nodeName: 'node-2', containers: [{ ports: [{ containerPort: 80 }, { containerPort: 53, protocol: 'UDP' }] }, {}] }, status: { podIP: '10.244.1.3' } }
const service = { spec: { clusterIP: '10.96.0.7', ports: [{ port: 443 }] } }

test('FW1 to a pod over its own node, to a Service over any that runs', () => {
  expect(forwardTarget('pods', pod, nodes)).toEqual({ node: 'node-2', address: '10.244.1.3', ports: [80] })
  expect(forwardTarget('services', service, nodes)).toEqual({ node: 'node-1', address: '10.96.0.7', ports: [443] })
})

test('FW1 nowhere without a node or an address', () => {
  expect(forwardTarget('pods', { ...pod, status: {} }, nodes)).toBeNull()
  expect(forwardTarget('pods', { ...pod, spec: { nodeName: 'off' } }, nodes)).toBeNull()
  expect(forwardTarget('services', { spec: { clusterIP: 'None' } }, nodes)).toBeNull()
  expect(forwardTarget('services', service, [node('played', { provider: 'simulated' })])).toBeNull()
  expect(forwardTarget('deployments.apps', service, nodes)).toBeNull()
})
