/** Watches lose events. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const apiWatchEventsLost = componentHook({
  name: 'api-watch-events-lost', group: 'api-server', components: ['kube-apiserver'],
  title: 'Watches lose events',
  parameters: [percentParameter('percent', 100), ...anyOf('resource', 'user')],
  effect: 'Events that fit are not sent to watches.',
  evidence: 'A new object is in kubectl get and not in kubectl get -w; controllers that wait for it do nothing until they list again.',
  rule: order => ({ point: 'apiserver.watch', effect: 'drop', match: { part: 'event', ...narrowed(order, ['resource', 'user']).match }, percent: numberOf(order, 'percent') }),
})
