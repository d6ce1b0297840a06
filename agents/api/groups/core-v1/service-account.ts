/** ServiceAccount: an identity for pods. */
import { defineKind } from '../../define-kind.ts'
import { ageCell } from '../../printing.ts'
import { serviceAccounts } from '../../resources.ts'
import type { ServiceAccount } from './types.ts'

export const serviceAccount = defineKind<ServiceAccount>(serviceAccounts, {
  printer: 'printServiceAccount',
  returnsDeletedObject: true,
  prepareForCreate(object) { delete object.secrets },
  cells: ({ metadata }, now) => [metadata.name, ageCell(metadata.creationTimestamp, now)],
})
