/** A Service leads to a port that nobody listens on. */
import { servicePath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

interface ServicePort {
  readonly port: number
  readonly targetPort?: number | string
}

export const servicePortWrong = fieldFault({
  kind: {
    name: 'service-port-wrong', title: 'A Service leads to the wrong port', group: 'cluster', resource: 'services', parameters: [{ name: 'targetPort', type: 'number', unit: '', least: 1, most: 65_535, default: 9 }],
    effect: 'The ports of the Service lead to a port that no container listens on.',
    evidence: 'There are endpoints, and connections to them are refused.',
  },
  field: 'the ports',
  path: servicePath,
  read: (service: { readonly spec: { readonly ports?: readonly ServicePort[] } }) => service.spec.ports,
  patch: ports => ({ spec: { ports } }),
  wrong: (ports, { targetPort }) => ((ports ?? []) as readonly ServicePort[]).map(port => ({ ...port, targetPort })),
})
