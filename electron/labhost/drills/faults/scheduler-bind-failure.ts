/** A decision of the scheduler cannot be written down. */
import { numberOf } from '../fault.ts'
import { componentHook } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const schedulerBindFailure = componentHook({
  name: 'scheduler-bind-failure', group: 'scheduler', components: ['kube-scheduler'],
  title: 'Binding fails',
  parameters: [percentParameter('percent', 100)],
  effect: 'The request that binds a pod to its node fails.',
  evidence: 'Pods stay Pending with FailedScheduling "binding rejected"; the scheduler gives the room back and tries again.',
  rule: order => ({ point: 'client.request', effect: 'error', match: { method: 'POST', resource: 'pods', subresource: 'binding' }, percent: numberOf(order, 'percent'), parameters: { code: 500, message: 'binding failed on purpose' } }),
})
