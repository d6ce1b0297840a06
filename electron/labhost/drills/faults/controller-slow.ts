/** One controller takes its time. */
import { numberOf, textOf } from '../fault.ts'
import { componentHook, milliseconds, text } from './hook-fault.ts'

export const controllerSlow = componentHook({
  name: 'controller-slow', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager'],
  title: 'A slow controller',
  parameters: [text('controller', 'replicaset-controller'), milliseconds(2_000)],
  effect: 'Each reconcile of the controller begins so much later.',
  evidence: 'Changes take effect late; workqueue_work_duration_seconds and the queue in kubarium inspect.',
  rule: order => ({ point: 'controller.reconcile', effect: 'delay', match: { controller: textOf(order, 'controller') }, parameters: { ms: numberOf(order, 'ms') } }),
})
