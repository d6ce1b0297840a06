/** Nothing is collected any more. */
import { componentHook } from './hook-fault.ts'

export const garbageCollectionOff = componentHook({
  name: 'garbage-collection-off', group: 'controllers', components: ['kube-controller-manager'],
  title: 'Garbage collection is off',
  effect: 'The garbage collector collects nothing.',
  evidence: 'What belonged to a deleted Deployment or Job stays; foreground deletions do not end.',
  rule: () => ({ point: 'controller.reconcile', effect: 'hold', match: { controller: 'garbage-collector*' } }),
})
