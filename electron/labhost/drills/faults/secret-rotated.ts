/** A Secret is changed, and pods still have the old value in their environment. */
import { fieldFault } from './field-fault.ts'

type Data = Readonly<Record<string, string>>

export const secretRotated = fieldFault({
  kind: {
    name: 'secret-rotated', title: 'A Secret is rotated under its users', group: 'identity', resource: 'secrets', parameters: [],
    effect: 'Every value of the Secret is replaced by another.',
    evidence: 'Pods that have it as environment keep the old value until they restart, those that mount it see the new one within a minute; who compares the two fails.',
  },
  field: 'the data',
  path: ({ namespace, name }) => `/api/v1/namespaces/${encodeURIComponent(namespace)}/secrets/${encodeURIComponent(name)}`,
  read: (secret: { readonly data?: Data }) => secret.data,
  patch: data => ({ data }),
  wrong: before => Object.fromEntries(Object.keys((before ?? {}) as Data).map(key => [key, Buffer.from(`rotated-${key}`).toString('base64')])),
})
