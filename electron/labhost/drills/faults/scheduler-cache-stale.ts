/** The scheduler decides by what is no longer true. */
import { textOf } from '../fault.ts'
import { componentHook } from './hook-fault.ts'

export const schedulerCacheStale = componentHook({
  name: 'scheduler-cache-stale', group: 'scheduler', components: ['kube-scheduler'],
  title: "The scheduler's cache is stale",
  parameters: [{ name: 'resource', type: 'choice', choices: ['nodes', 'pods'], default: 'nodes' }],
  effect: 'The scheduler does not hear of changes to nodes, or to pods.',
  evidence: 'It places pods on nodes that are cordoned or gone, or does not see new pods at all.',
  rule: order => ({ point: 'informer.event', effect: 'hold', match: { resource: textOf(order, 'resource') } }),
})
