/** Rules lead to endpoints of yesterday. */
import { agentHook } from './hook-fault.ts'

export const kubeProxyEndpointsStale = agentHook({
  name: 'kube-proxy-endpoints-stale', group: 'node-agents', agent: 'kube-proxy',
  title: 'Stale endpoints',
  effect: 'kube-proxy does not hear of changes to endpoints.',
  evidence: 'Connections to a Service go to pods that are gone and never to new ones, from this node alone.',
  rule: () => ({ point: 'informer.event', effect: 'hold', match: { resource: 'endpointslices' } }),
})
