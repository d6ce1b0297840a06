/** ServiceAccount: an identity for pods. */
import { defineKind } from '../../define-kind.ts'
import { ageCell } from '../../printing.ts'
import { serviceAccounts } from '../../resources.ts'
import type { ServiceAccount } from './types.ts'

export const serviceAccount = defineKind<ServiceAccount>(serviceAccounts, {
  printer: 'printServiceAccount',
  returnsDeletedObject: true,
  prepareForCreate(object) { delete object.secrets },
  cells: ({ metadata, secrets }, now) => [metadata.name, secrets?.length ?? 0, ageCell(metadata.creationTimestamp, now)],
})
