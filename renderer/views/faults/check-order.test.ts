import { expect, test } from 'vitest'
import type { FaultKind } from '../../../electron/contract/faults.ts'
import { componentsFor, fits, isDuration, isPossible, nodesFor } from './check-order.ts'

const components = ['etcd', 'kubelet@node-1', 'kubelet@node-2', 'overlay@node-1'].map(name => ({ name }))
const nodes = [{ name: 'node-1', provider: 'qemu' }, { name: 'node-2', provider: 'simulated' }] as const

test('CO1 only what the fault can be aimed at is offered', () => {
  expect(componentsFor({ components: null }, components)).toHaveLength(4)
  expect(componentsFor({ components: ['kubelet'] }, components)).toEqual(['kubelet@node-1', 'kubelet@node-2'])
  expect(nodesFor({ providers: ['qemu', 'namespace'] }, nodes)).toEqual(['node-1'])
  const lab = { components: [], nodes: [] }
  expect((['component', 'node', 'link', 'object'] as const).map(target => isPossible({ target, components: null, providers: null } as FaultKind, lab))).toEqual([false, false, false, true])
})

test('CO2 numbers fit within their range, both ends included', () => {
  const percent = { name: 'percent', type: 'number', unit: '%', least: 0, most: 100, default: 5 } as const
  expect([0, 100, -1, 101, '', '5', Number.NaN].map(value => fits(percent, value))).toEqual([true, true, false, false, false, false, false])
  expect(['a', 'c'].map(value => fits({ name: 'which', type: 'choice', choices: ['a', 'b'], default: 'a' }, value))).toEqual([true, false])
  expect(fits({ name: 'text', type: 'text', default: '' }, '')).toBe(true)
  expect([99, 100, 86_400_000, 86_400_001, ''].map(isDuration)).toEqual([false, true, true, false, false])
})
