/** One controller does nothing any more. */
import { textOf } from '../fault.ts'
import { componentHook, text } from './hook-fault.ts'

export const controllerStopped = componentHook({
  name: 'controller-stopped', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager'],
  title: 'A controller stands still',
  parameters: [text('controller', 'replicaset-controller')],
  effect: 'The controller takes up no key; all others in the process go on.',
  evidence: 'What it should do does not happen; its queue grows in kubarium inspect.',
  rule: order => ({ point: 'controller.reconcile', effect: 'hold', match: { controller: textOf(order, 'controller') } }),
})
