/** A forwarding entry is missing. */
import { agentHook, anyOf, narrowed } from './hook-fault.ts'

export const overlayFdbMissing = agentHook({
  name: 'overlay-fdb-missing', group: 'node-agents', agent: 'overlay',
  title: 'A forwarding entry is missing',
  parameters: [...anyOf('node')],
  effect: "The entry that says behind which address the other node's VXLAN device is, is taken away (overlay vxlan). Without a node, those to all.",
  evidence: 'Pods of the other node are not reached from this one; bridge fdb show dev vxlan.kubarium; kubarium inspect overlay@NODE kernel.',
  rule: order => ({ point: 'overlay.entry', effect: 'drop', match: { part: 'fdb', ...narrowed(order, ['node']).match } }),
})
