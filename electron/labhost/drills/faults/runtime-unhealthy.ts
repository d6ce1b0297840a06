/** The runtime says nothing of its state. */
import { agentHook } from './hook-fault.ts'

export const runtimeUnhealthy = agentHook({
  name: 'runtime-unhealthy', group: 'node-agents', agent: 'kubelet',
  title: 'The runtime is unhealthy',
  effect: 'The kubelet gets no answer about the state of its runtime.',
  evidence: 'The node becomes NotReady with "container runtime is down"; pods that run go on.',
  rule: () => ({ point: 'cri.call', effect: 'error', match: { method: 'Status' }, parameters: { code: 14, message: 'no status on purpose' } }),
})
