/** The cloud takes its time. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, milliseconds, narrowed } from './hook-fault.ts'

export const cloudSlow = componentHook({
  name: 'cloud-slow', group: 'cloud', components: ['cloud-controller-manager'],
  title: 'A slow cloud',
  parameters: [milliseconds(5_000), ...anyOf('call', 'name')],
  effect: 'What the cloud is asked is answered so much later.',
  evidence: 'Load balancers, routes and volumes come late; new nodes keep the taint uninitialized for longer.',
  rule: order => ({ point: 'cloud.answer', effect: 'delay', ...narrowed(order, ['call', 'name']), parameters: { ms: numberOf(order, 'ms') } }),
})
