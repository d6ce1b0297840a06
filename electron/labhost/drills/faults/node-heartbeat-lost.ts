/** A node that lives and does not say so. */
import { agentHook } from './hook-fault.ts'

export const nodeHeartbeatLost = agentHook({
  name: 'node-heartbeat-lost', group: 'machine', agent: 'kubelet',
  title: 'Heartbeats are lost',
  effect: 'The kubelet can neither renew the Lease of its node nor write its status; everything else works.',
  evidence: 'After 40 seconds the node is NotReady and its pods are evicted later, while kubectl logs and exec work.',
  rule: () => ({ point: 'client.request', effect: 'error', match: { method: 'PUT,PATCH,POST', resource: 'leases,nodes' }, parameters: { code: 503, message: 'no heartbeat on purpose' } }),
})
