/** Webhooks answer late. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, milliseconds, narrowed } from './hook-fault.ts'

export const webhookSlow = componentHook({
  name: 'webhook-slow', group: 'api-server', components: ['kube-apiserver'],
  title: 'Slow webhooks',
  parameters: [milliseconds(11_000), ...anyOf('host')],
  effect: 'Calls of the API server to webhooks are held up, and count as timed out when that takes longer than their timeoutSeconds.',
  evidence: 'Writes that a webhook concerns are slow, or fail with "context deadline exceeded" where its failurePolicy is Fail.',
  rule: order => ({ point: 'apiserver.webhook', effect: 'delay', ...narrowed(order, ['host']), parameters: { ms: numberOf(order, 'ms') } }),
})
