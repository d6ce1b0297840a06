/** The API server cannot reach its store. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const apiStoreAway = componentHook({
  name: 'api-store-away', group: 'api-server', components: ['kube-apiserver'],
  title: 'The store cannot be reached',
  parameters: [percentParameter('percent', 100), ...anyOf('operation', 'resource')],
  effect: 'What the API server asks of its store fails as if the store were away.',
  evidence: 'Writes fail with 503 or 500; reads from the cache go on; etcd_request_errors_total.',
  rule: order => ({ point: 'apiserver.store', effect: 'error', ...narrowed(order, ['operation', 'resource']), percent: numberOf(order, 'percent'), parameters: { code: 14, message: 'the store is away on purpose' } }),
})
