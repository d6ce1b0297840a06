/** The container runtime never answers a kind of call. */
import { textOf } from '../fault.ts'
import { agentHook, text } from './hook-fault.ts'

export const criCallStuck = agentHook({
  name: 'cri-call-stuck', group: 'node-agents', agent: 'kubelet',
  title: 'The runtime hangs',
  parameters: [text('method', 'RunPodSandbox')],
  effect: 'Calls of this method do not come back until the fault heals.',
  evidence: 'Pods stay in ContainerCreating or Terminating without an event.',
  rule: order => ({ point: 'cri.call', effect: 'hold', match: { method: textOf(order, 'method') } }),
})
