/** Requests wait at a stage of the API server. */
import { numberOf, textOf } from '../fault.ts'
import { componentHook, anyOf, milliseconds, narrowed } from './hook-fault.ts'
import { percentParameter } from './link-fault.ts'

export const apiLatency = componentHook({
  name: 'api-latency', group: 'api-server', components: ['kube-apiserver'],
  title: 'A slow API',
  parameters: [milliseconds(500), { name: 'stage', type: 'choice', choices: ['received', 'authenticated', 'authorized'], default: 'authorized' }, percentParameter('percent', 100), ...anyOf('verb', 'resource', 'namespace', 'name', 'user')],
  effect: 'Requests that fit are held up at the stage: before anybody knows who asks, before they are authorized, or before they are answered.',
  evidence: 'kubectl get -v=6 shows the time; apiserver_request_duration_seconds; after 60 seconds a request fails with 504.',
  rule: order => ({
    point: 'apiserver.request', effect: 'delay', match: { stage: textOf(order, 'stage'), ...narrowed(order, ['verb', 'resource', 'namespace', 'name', 'user']).match }, percent: numberOf(order, 'percent'), parameters: { ms: numberOf(order, 'ms') },
  }),
})
