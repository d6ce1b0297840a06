/** A Service selects no pod any more. */
import { servicePath } from '../object-paths.ts'
import { fieldFault } from './field-fault.ts'

export const serviceSelectorWrong = fieldFault({
  kind: {
    name: 'service-selector-wrong', title: 'A Service selects nothing', group: 'cluster', resource: 'services', parameters: [],
    effect: 'The selector of the Service names a label that no pod has.',
    evidence: 'Its EndpointSlices become empty, and connections to it are refused, while the pods are Ready.',
  },
  field: 'the selector',
  path: servicePath,
  read: (service: { readonly spec: { readonly selector?: Readonly<Record<string, string>> } }) => service.spec.selector,
  patch: (selector, before) => ({ spec: { selector: { ...Object.fromEntries(Object.keys((before ?? {}) as object).map(key => [key, null])), ...(selector as object | null) } } }),
  wrong: () => ({ 'kubarium.dev/no-such-pod': 'true' }),
})
