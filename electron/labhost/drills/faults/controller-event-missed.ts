/** A component misses what happened. */
import { textOf } from '../fault.ts'
import { componentHook, anyOf, narrowed, text } from './hook-fault.ts'

export const controllerEventMissed = componentHook({
  name: 'controller-event-missed', group: 'controllers', components: ['kube-controller-manager', 'cloud-controller-manager', 'kube-scheduler'],
  title: 'An event is missed',
  parameters: [text('resource', 'pods'), ...anyOf('namespace', 'name'), { name: 'type', type: 'choice', choices: ['ADDED', 'MODIFIED', 'DELETED'], default: 'DELETED' }],
  effect: 'Changes of this kind never reach the caches of the component.',
  evidence: 'It goes on by what it knew: a deleted pod is not replaced until the component lists again or restarts.',
  rule: order => ({ point: 'informer.event', effect: 'drop', match: { type: textOf(order, 'type'), ...narrowed(order, ['resource', 'namespace', 'name']).match } }),
})
