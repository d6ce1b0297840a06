/** One controller fails at everything. */
import { numberOf, textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const controllerFailing = componentHook({
  name: 'controller-failing', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager'],
  title: 'A controller fails',
  parameters: [text('controller', 'replicaset-controller'), percentParameter('percent', 100)],
  effect: 'Reconciles of the controller fail and are tried again, ever more seldom.',
  evidence: 'Its log says "reconcile failed"; workqueue_retries_total; kubarium inspect shows the endings.',
  rule: order => ({ point: 'controller.reconcile', effect: 'error', match: { controller: textOf(order, 'controller') }, percent: numberOf(order, 'percent'), parameters: { code: 500, message: 'broken on purpose' } }),
})
