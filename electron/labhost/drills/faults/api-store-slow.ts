/** The way from the API server to its store is long. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, milliseconds, narrowed } from './hook-fault.ts'

export const apiStoreSlow = componentHook({
  name: 'api-store-slow', group: 'api-server', components: ['kube-apiserver'],
  title: 'A long way to the store',
  parameters: [milliseconds(500), ...anyOf('operation', 'resource')],
  effect: 'What the API server asks of its store is held up: get, list, put, delete, revision.',
  evidence: 'Writes and consistent reads are slow, reads from the cache are not; etcd_request_duration_seconds.',
  rule: order => ({ point: 'apiserver.store', effect: 'delay', ...narrowed(order, ['operation', 'resource']), parameters: { ms: numberOf(order, 'ms') } }),
})
