/** A route to pods is missing. */
import { agentHook, anyOf, narrowed } from './hook-fault.ts'

export const overlayRouteMissing = agentHook({
  name: 'overlay-route-missing', group: 'node-agents', agent: 'overlay',
  title: 'A route to pods is missing',
  parameters: [...anyOf('node')],
  effect: 'The route to the pods of the other node is taken away. Without a node, those to all.',
  evidence: 'ip route get to a pod of the other node does not name the overlay; its pods are not reached from this node.',
  rule: order => ({ point: 'overlay.entry', effect: 'drop', match: { part: 'route', ...narrowed(order, ['node']).match } }),
})
