/** Nobody is told what the API serves. */
import { componentHook } from './hook-fault.ts'

export const apiDiscoveryOutage = componentHook({
  name: 'api-discovery-outage', group: 'api-server', components: ['kube-apiserver'],
  title: 'Discovery is out',
  effect: 'Requests for the lists of API groups, versions and schemas fail with 503; those for objects work.',
  evidence: 'kubectl with an empty cache fails with "unable to retrieve the server APIs"; clients that know their types go on.',
  rule: () => ({ point: 'apiserver.request', effect: 'error', match: { stage: 'received', path: '/api,/apis,/openapi/*' }, parameters: { code: 503, message: 'discovery is out on purpose' } }),
})
