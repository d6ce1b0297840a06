/** The cloud tells a wrong address. */
import { textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const cloudAddressWrong = componentHook({
  name: 'cloud-address-wrong', group: 'cloud', components: ['cloud-controller-manager'],
  title: 'A load balancer with a wrong address',
  parameters: [text('address', '192.0.2.1')],
  effect: 'Load balancers are said to have this address.',
  evidence: 'kubectl get service shows it, and nobody answers there.',
  rule: order => ({ point: 'cloud.answer', effect: 'change', match: { call: 'ensureLoadBalancer,loadBalancer' }, parameters: { value: textOf(order, 'address') } }),
})
