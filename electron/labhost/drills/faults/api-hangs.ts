/** Requests get no answer. */
import { componentHook, anyOf, narrowed } from './hook-fault.ts'

export const apiHangs = componentHook({
  name: 'api-hangs', group: 'api-server', components: ['kube-apiserver'],
  title: 'The API does not answer',
  parameters: [...anyOf('verb', 'resource', 'namespace', 'name', 'user')],
  effect: 'Requests that fit are not answered.',
  evidence: 'Clients wait until their own time is up; the API server ends each with 504 after 60 seconds.',
  rule: order => ({ point: 'apiserver.request', effect: 'hold', match: { stage: 'authorized', ...narrowed(order, ['verb', 'resource', 'namespace', 'name', 'user']).match } }),
})
