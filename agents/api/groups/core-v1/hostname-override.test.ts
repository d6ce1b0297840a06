/** spec.hostnameOverride: what is refused, as upstream 1.36 says it. */
import { expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import type { KubernetesObject } from '../../kubernetes-object.ts'
import { kindOf } from '../../kinds.ts'

function failuresOf(more: object): string {
  const kind = kindOf('', 'pods')!
  const object = { metadata: { name: 'x', namespace: 'n' }, spec: { containers: [{ name: 'c', image: 'i' }], ...more } } as unknown as KubernetesObject
  kind.setDefaults(object)
  return fieldErrorsText(kind.validate(object))
}

test.each([
  [{ hostnameOverride: 'db.example.com' }, '[]'],
  [{ hostnameOverride: 'db', setHostnameAsFQDN: true }, 'spec.hostnameOverride: Forbidden: may not be specified when setHostnameAsFQDN is true'],
  [{ hostnameOverride: 'db', hostNetwork: true }, 'spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true'],
  [{ hostnameOverride: `${'a'.repeat(60)}.abcd` }, 'spec.hostnameOverride: Too long: may not be more than 64 bytes'],
])('%o', (more, failures) => {
  expect(failuresOf(more)).toBe(failures)
})

test('a name that no host can have', () => {
  expect(failuresOf({ hostnameOverride: 'Not_One' })).toContain('spec.hostnameOverride: Invalid value: "Not_One": a lowercase RFC 1123 subdomain')
})
