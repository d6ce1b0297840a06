/** The pod network stays as it is. */
import { agentHook } from './hook-fault.ts'

export const overlayFrozen = agentHook({
  name: 'overlay-frozen', group: 'node-agents', agent: 'overlay',
  title: 'The overlay agent is frozen',
  effect: 'The overlay agent of the node changes nothing any more.',
  evidence: 'Pods of new nodes are not reached from this one; what was there works.',
  rule: () => ({ point: 'overlay.reconcile', effect: 'hold' }),
})
