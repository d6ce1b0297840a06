/** The container runtime refuses a kind of call. */
import { numberOf, textOf } from '../fault.ts'
import { agentHook, text } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const criCallFails = agentHook({
  name: 'cri-call-fails', group: 'node-agents', agent: 'kubelet',
  title: 'A runtime call fails',
  parameters: [text('method', 'RunPodSandbox'), text('message', 'broken on purpose'), percentParameter('percent', 100)],
  effect: 'Calls of this method (RunPodSandbox, CreateContainer, StartContainer, StopPodSandbox, PullImage, Status …) fail.',
  evidence: 'Events of the pods name the failure, as FailedCreatePodSandBox; kubarium inspect kubelet@NODE cri-calls.',
  rule: order => ({ point: 'cri.call', effect: 'error', match: { method: textOf(order, 'method') }, percent: numberOf(order, 'percent'), parameters: { code: 2, message: textOf(order, 'message') } }),
})
