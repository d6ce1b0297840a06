/** A load balancer never gets its address. */
import { componentHook } from './hook-fault.ts'

export const cloudAddressNeverAssigned = componentHook({
  name: 'cloud-address-never-assigned', group: 'cloud', components: ['cloud-controller-manager'],
  title: 'A load balancer without address',
  effect: 'The cloud does not answer when a load balancer is asked for.',
  evidence: 'kubectl get service shows <pending>; those that have an address keep it.',
  rule: () => ({ point: 'cloud.answer', effect: 'hold', match: { call: 'ensureLoadBalancer' } }),
})
