/** The cloud makes no routes. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const cloudRouteMissing = componentHook({
  name: 'cloud-route-missing', group: 'cloud', components: ['cloud-controller-manager'],
  title: 'Routes of the cloud are missing',
  parameters: [...anyOf('name')],
  effect: 'Routes to the pods of nodes are accepted and not made (overlay host-gw).',
  evidence: 'New nodes keep NetworkUnavailable, and their pods are not reached from others.',
  rule: order => ({ point: 'cloud.answer', effect: 'drop', match: { call: 'routes,ensureRoute', ...narrowed(order, ['name']).match } }),
})
