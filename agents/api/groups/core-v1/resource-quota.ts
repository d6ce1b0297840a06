/** ResourceQuota: hard limits for a namespace; scopes never change. */
import { defineKind } from '../../define-kind.ts'
import { invalid } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { resourceQuotas } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isQualifiedName } from '../../validation/names.ts'
import { nonNegativeQuantity } from '../../validation/numbers.ts'
import type { ResourceQuota } from './types.ts'

export const resourceQuota = defineKind<ResourceQuota>(resourceQuotas, {
  printer: 'printResourceQuota',
  returnsDeletedObject: true,
  validate: ({ spec }) => Object.entries(spec.hard ?? {}).flatMap(([name, quantity]) => [
    ...isQualifiedName(name).map(text => invalid(`spec.hard[${name}]`, name, text)),
    ...nonNegativeQuantity(quantity, `spec.hard[${name}]`),
  ]),
  validateUpdate: (object, old) => (semanticallyEqual([...(object.spec.scopes ?? [])].sort(), [...(old.spec.scopes ?? [])].sort()) ? [] : [invalid('spec.scopes', object.spec.scopes ?? [], 'field is immutable')]),
  cells({ metadata, status }, now) {
    const requests: string[] = []
    const limits: string[] = []
    for (const name of Object.keys(status.hard ?? {}).sort()) {
      const text = `${name}: ${status.used?.[name] ?? '0'}/${status.hard![name]!}`
      if (name.startsWith('limits')) limits.push(text)
      else requests.push(text)
    }
    return [metadata.name, requests.join(', '), limits.join(', '), ageCell(metadata.creationTimestamp, now)]
  },
})
