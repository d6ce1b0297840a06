/** Probes fail although all is well. */
import { textOf } from '../fault.ts'
import { agentHook, anyOf, narrowed } from './hook-fault.ts'

export const probeFails = agentHook({
  name: 'probe-fails', group: 'workload', agent: 'kubelet',
  title: 'Probes fail',
  parameters: [{ name: 'outcome', type: 'choice', choices: ['failure', 'success'], default: 'failure' }, ...anyOf('kind', 'namespace', 'pod', 'container')],
  effect: 'Probes that fit have this outcome without a try.',
  evidence: 'Event Unhealthy; with readiness the pod leaves its Services, with liveness it is restarted again and again.',
  rule: order => ({ point: 'kubelet.probe', effect: 'change', ...narrowed(order, ['kind', 'namespace', 'pod', 'container']), parameters: { value: textOf(order, 'outcome') } }),
})
