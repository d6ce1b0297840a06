/** The name servers know only what was. */
import { componentHook } from './hook-fault.ts'

export const dnsStale = componentHook({
  name: 'dns-stale', group: 'names', components: ['dns'],
  title: 'Stale names',
  effect: 'The name servers do not hear of changes to Services and endpoints.',
  evidence: 'New Services have no name; headless Services list pods that are gone.',
  rule: () => ({ point: 'informer.event', effect: 'hold', match: { resource: 'services,endpointslices' } }),
})
