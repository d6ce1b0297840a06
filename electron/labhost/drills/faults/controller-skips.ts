/** One controller believes that all is done. */
import { textOf } from '../fault.ts'
import { componentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const controllerSkips = componentHook({
  name: 'controller-skips', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager'],
  title: 'A controller leaves work undone',
  parameters: [text('controller', 'replicaset-controller'), ...anyOf('namespace', 'name')],
  effect: 'The controller takes these keys for done without looking at them.',
  evidence: 'Nothing happens and nothing fails; kubarium inspect says "left undone on purpose".',
  rule: order => ({ point: 'controller.reconcile', effect: 'drop', match: { controller: textOf(order, 'controller'), ...narrowed(order, ['namespace', 'name']).match } }),
})
