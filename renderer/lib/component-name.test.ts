import { describe, expect, test } from 'vitest'
import type { ComponentPhase, ComponentState } from '../../electron/contract/labs.ts'
import { instancesOf, worstPhase } from './component-name.ts'

const component = (name: string, phase: ComponentPhase = 'ready'): ComponentState => ({ name, node: null, phase, pid: 1, restarts: 0, startedAt: null, cpuCores: null, memoryBytes: null, address: null, lastError: null })

describe('component names', () => {
  test('a component on nodes has an instance a node, one on the desktop may have numbered siblings', () => {
    const all = ['kube-apiserver', 'kube-apiserver-2', 'kubelet@node-1', 'kubelet@node-2', 'kube-proxy@node-1'].map(name => component(name))
    expect(instancesOf(all, 'kubelet').map(({ name }) => name)).toEqual(['kubelet@node-1', 'kubelet@node-2'])
    expect(instancesOf(all, 'kube-apiserver').map(({ name }) => name)).toEqual(['kube-apiserver', 'kube-apiserver-2'])
  })

  test('one crashed kubelet is what is told of all kubelets', () => {
    expect(worstPhase([component('kubelet@node-1'), component('kubelet@node-2', 'crashed'), component('kubelet@node-3', 'paused')], 'kubelet')).toBe('crashed')
    expect(worstPhase([], 'kubelet')).toBeNull()
  })
})
