import { expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { ingressClass, ipAddress } from './networking-kinds.ts'
import type { IngressClass, IPAddress } from './types.ts'

const aClass = (spec: Partial<IngressClass['spec']>) => fieldErrorsText(ingressClass.validate({ kind: 'IngressClass', apiVersion: 'networking.k8s.io/v1', metadata: { name: 'c' }, spec: { controller: 'e.com/c', ...spec } } as IngressClass))

test.each([
  [{ controller: 'likely' }, 'spec.controller: Invalid value: "likely": must be a domain-prefixed path (such as "acme.io/foo")'],
  [{ controller: 'e.com/a b' }, "spec.controller: Invalid value: \"a b\": Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')"],
  [{ parameters: { kind: '', name: '', scope: 'Cluster' } }, '[spec.parameters.kind: Required value, spec.parameters.name: Required value]'],
  [{ parameters: { kind: 'K', name: 'n', scope: 'Cluster', namespace: 'x' } }, "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
  [{ parameters: { kind: 'K', name: 'n', scope: 'Namespace' } }, "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
  [{ parameters: { kind: 'K', name: 'n', scope: 'Odd' } }, 'spec.parameters.scope: Unsupported value: "Odd": supported values: "Cluster", "Namespace"'],
  [{ parameters: { apiGroup: 'e.com', kind: 'K', name: 'n', scope: 'Namespace', namespace: 'x' } }, '[]'],
])('an ingress class names its controller and where its parameters are: %j', (spec, text) => {
  expect(aClass(spec as Partial<IngressClass['spec']>)).toBe(text)
})

test('an address belongs to something that has a name', () => {
  const address = (parentRef: object) => fieldErrorsText(ipAddress.validate({ kind: 'IPAddress', apiVersion: 'networking.k8s.io/v1', metadata: { name: '10.0.0.1' }, spec: { parentRef } } as IPAddress))
  expect(address({ resource: '', name: '' })).toBe('[spec.parentRef.resource: Required value, spec.parentRef.name: Required value]')
  expect(address({ resource: 'services', namespace: 'default', name: 's' })).toBe('[]')
})
