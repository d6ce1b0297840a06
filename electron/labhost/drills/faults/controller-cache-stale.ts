/** A component acts by what was. */
import { componentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const controllerCacheStale = componentHook({
  name: 'controller-cache-stale', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager'],
  title: 'Controllers act on a stale cache',
  parameters: [text('resource', 'pods'), ...anyOf('namespace', 'name')],
  effect: 'The caches of these objects stay as they were; what happened is told when the fault is over.',
  evidence: 'Controllers undo what is right or do nothing; informers in kubarium inspect keep their resourceVersion.',
  rule: order => ({ point: 'informer.event', effect: 'hold', ...narrowed(order, ['resource', 'namespace', 'name']) }),
})
