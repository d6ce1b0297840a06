/** Every watch is told that it comes too late. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const apiResourceVersionTooOld = componentHook({
  name: 'api-resource-version-too-old', group: 'api-server', components: ['kube-apiserver'],
  title: 'Every resourceVersion is too old',
  parameters: [...anyOf('resource', 'user')],
  effect: 'Watches that are open end with "too old resource version", and none can go on from where it was.',
  evidence: 'Informers list again and again (their "lists" in kubarium inspect); apiserver_request_total of list and of code 410.',
  rule: order => ({ point: 'apiserver.watch', effect: 'error', ...narrowed(order, ['resource', 'user']), parameters: { code: 410, message: '' } }),
})
