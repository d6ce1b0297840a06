/** Every flush of the store takes its time. */
import { numberOf } from '../fault.ts'
import { componentHook, milliseconds } from './hook-fault.ts'

export const storeSlowFsync = componentHook({
  name: 'store-slow-fsync', group: 'store', components: ['etcd'],
  title: 'A slow disk under the store',
  parameters: [milliseconds(200)],
  effect: 'Every flush of the store to disk takes so much longer, and no write is answered before it.',
  evidence: 'kubectl writes become slow while reads stay fast; etcd_request_duration_seconds of the API server; kubarium inspect etcd.',
  rule: order => ({ point: 'store.sync', effect: 'delay', parameters: { ms: numberOf(order, 'ms') } }),
})
