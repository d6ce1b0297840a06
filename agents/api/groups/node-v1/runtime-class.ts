/** RuntimeClass: how containers are run; the handler never changes. */
import { defineKind } from '../../define-kind.ts'
import { duplicate, invalid, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { runtimeClasses } from '../../resources.ts'
import { immutable, validateLabels } from '../../validation/metadata.ts'
import { isDns1123Label } from '../../validation/names.ts'
import { nonNegativeQuantity } from '../../validation/numbers.ts'
import { validateTolerations } from '../core-v1/pod-spec-validation.ts'
import type { RuntimeClass } from './types.ts'

export const runtimeClass = defineKind<RuntimeClass>(runtimeClasses, {
  printer: 'printRuntimeClass',
  allowsCreateOnUpdate: true,
  allowsUnconditionalUpdate: false,
  validate: object => [
    ...(object.handler === '' ? [required('handler')] : isDns1123Label(object.handler).map(text => invalid('handler', object.handler, text))),
    ...Object.entries(object.overhead?.podFixed ?? {}).flatMap(([name, amount]) => nonNegativeQuantity(amount, `overhead.limits[${name}]`)),
    ...validateScheduling(object.scheduling, 'scheduling'),
  ],
  validateUpdate: (object, old) => immutable(object.handler, old.handler, 'handler', (a, b) => a === b),
  cells: ({ metadata, handler }, now) => [metadata.name, handler, ageCell(metadata.creationTimestamp, now)],
})

/** Which nodes a pod of the class may run on; each toleration stands once. */
function validateScheduling(scheduling: RuntimeClass['scheduling'], path: string): FieldError[] {
  if (scheduling === undefined) return []
  const tolerations = scheduling.tolerations ?? []
  const keys = tolerations.map(({ key, operator, value, effect }) => JSON.stringify([key, operator, value, effect]))
  return [
    ...validateLabels(scheduling.nodeSelector, `${path}.nodeSelector`),
    ...validateTolerations(tolerations, `${path}.tolerations`),
    ...tolerations.flatMap((toleration, index) => (keys.indexOf(keys[index]!) < index ? [duplicate(`${path}.tolerations[${index}]`, toleration)] : [])),
  ]
}
