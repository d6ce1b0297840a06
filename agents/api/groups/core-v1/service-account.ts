/** ServiceAccount: an identity for pods. */
import { defineKind } from '../../define-kind.ts'
import { ageCell } from '../../printing.ts'
import { serviceAccounts } from '../../resources.ts'
import type { ServiceAccount } from './types.ts'

export const serviceAccount = defineKind<ServiceAccount>(serviceAccounts, {
  printer: 'printServiceAccount',
  returnsDeletedObject: true,
  prepareForCreate(object) {
    if (object.secrets !== undefined) object.secrets = object.secrets.map(({ name = '' }) => (name === '' ? {} : { name })) // of a reference, upstream keeps the name
  },
  cells: ({ metadata }, now) => [metadata.name, ageCell(metadata.creationTimestamp, now)],
})
