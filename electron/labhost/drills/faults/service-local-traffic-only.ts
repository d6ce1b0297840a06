/** A Service that answers only where one of its pods is. */
import { servicePath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

export const serviceLocalTrafficOnly = fieldFault({
  kind: {
    name: 'service-local-traffic-only', title: 'A Service that answers on some nodes only', group: 'cluster', resource: 'services', parameters: [],
    effect: 'The Service gets internalTrafficPolicy Local.',
    evidence: 'Connections to it work from nodes with one of its pods, and are dropped from all others.',
  },
  field: 'the internal traffic policy',
  path: servicePath,
  read: (service: { readonly spec: { readonly internalTrafficPolicy?: string } }) => service.spec.internalTrafficPolicy,
  patch: internalTrafficPolicy => ({ spec: { internalTrafficPolicy } }),
  wrong: () => 'Local',
})
