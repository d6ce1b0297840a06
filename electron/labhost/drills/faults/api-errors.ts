/** The API server answers with errors. */
import { numberOf } from '../fault.ts'
import { componentHook, anyOf, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const apiErrors = componentHook({
  name: 'api-errors', group: 'api-server', components: ['kube-apiserver'],
  title: 'The API answers with errors',
  parameters: [{ name: 'code', type: 'number', unit: '', least: 400, most: 599, default: 500 }, percentParameter('percent', 100), ...anyOf('verb', 'resource', 'namespace', 'name', 'user')],
  effect: 'Requests that fit are answered with this status, once it is known who asks.',
  evidence: 'kubectl fails with the code; apiserver_request_total counts it; with 429 and 503 clients come again after a second.',
  rule: order => ({
    point: 'apiserver.request', effect: 'error', match: { stage: 'authenticated', ...narrowed(order, ['verb', 'resource', 'namespace', 'name', 'user']).match }, percent: numberOf(order, 'percent'),
    parameters: { code: Math.round(numberOf(order, 'code')), message: 'broken on purpose' },
  }),
})
