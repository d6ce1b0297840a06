/** A neighbour entry (ARP) is missing. */
import { agentHook, anyOf, narrowed } from './hook-fault.ts'

export const overlayNeighbourMissing = agentHook({
  name: 'overlay-neighbour-missing', group: 'node-agents', agent: 'overlay',
  title: 'A neighbour entry (ARP) is missing',
  parameters: [...anyOf('node')],
  effect: "The entry that gives the hardware address of the other node's gateway is taken away (overlay vxlan). Without a node, those to all.",
  evidence: 'Pods of the other node are not reached from this one; ip neigh show dev vxlan.kubarium says FAILED or nothing.',
  rule: order => ({ point: 'overlay.entry', effect: 'drop', match: { part: 'neighbour', ...narrowed(order, ['node']).match } }),
})
