/** A Service has no rules on a node. */
import { textOf } from '../fault.ts'
import { agentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const kubeProxyRuleMissing = agentHook({
  name: 'kube-proxy-rule-missing', group: 'node-agents', agent: 'kube-proxy',
  title: 'A Service without rules',
  parameters: [text('namespace', 'default'), text('service', 'web'), ...anyOf('port')],
  effect: 'kube-proxy writes no rules for this Service on this node.',
  evidence: 'From this node, and its pods, the address of the Service answers nothing; from others it does.',
  rule: order => ({ point: 'proxy.service', effect: 'drop', match: { namespace: textOf(order, 'namespace'), service: textOf(order, 'service'), ...narrowed(order, ['port']).match } }),
})
