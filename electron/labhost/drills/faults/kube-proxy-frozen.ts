/** Rules of Services stay as they are. */
import { agentHook } from './hook-fault.ts'

export const kubeProxyFrozen = agentHook({
  name: 'kube-proxy-frozen', group: 'node-agents', agent: 'kube-proxy',
  title: 'kube-proxy is frozen',
  effect: 'kube-proxy writes no rules any more.',
  evidence: 'New Services are not reached from this node; connections go to pods that are gone; kubarium inspect kube-proxy@NODE syncs.',
  rule: () => ({ point: 'proxy.sync', effect: 'hold' }),
})
