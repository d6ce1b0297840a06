/** The container runtime is slow at a kind of call. */
import { numberOf, textOf } from '../fault.ts'
import { agentHook, milliseconds, text } from './hook-fault.ts'

export const criCallSlow = agentHook({
  name: 'cri-call-slow', group: 'node-agents', agent: 'kubelet',
  title: 'A slow runtime',
  parameters: [text('method', 'RunPodSandbox'), milliseconds(5_000)],
  effect: 'Calls of this method are sent so much later.',
  evidence: 'Pods take longer to start or end; kubarium inspect kubelet@NODE cri-calls shows the times.',
  rule: order => ({ point: 'cri.call', effect: 'delay', match: { method: textOf(order, 'method') }, parameters: { ms: numberOf(order, 'ms') } }),
})
