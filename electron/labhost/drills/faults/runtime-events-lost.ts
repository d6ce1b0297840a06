/** The kubelet does not hear what containers do. */
import { agentHook } from './hook-fault.ts'

export const runtimeEventsLost = agentHook({
  name: 'runtime-events-lost', group: 'node-agents', agent: 'kubelet',
  title: 'Lifecycle events are lost (PLEG)',
  effect: 'Events of the runtime do not reach the kubelet, which then sees what happened at its next housekeeping, up to 30 seconds later.',
  evidence: 'A container that ends is restarted late; the status of pods lags behind.',
  rule: () => ({ point: 'kubelet.runtime-event', effect: 'drop' }),
})
