/** Probes do not run any more. */
import { agentHook, anyOf, narrowed } from './hook-fault.ts'

export const probeRunnerStuck = agentHook({
  name: 'probe-runner-stuck', group: 'node-agents', agent: 'kubelet',
  title: 'The probe runner is stuck',
  parameters: [...anyOf('kind', 'namespace', 'pod', 'container')],
  effect: 'Probes that fit begin and do not end; the kind is liveness, readiness or startup.',
  evidence: 'A container that hangs is not restarted, and a new pod never becomes Ready.',
  rule: order => ({ point: 'kubelet.probe', effect: 'hold', ...narrowed(order, ['kind', 'namespace', 'pod', 'container']) }),
})
