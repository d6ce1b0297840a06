/** RuntimeClass: how containers are run; the handler never changes. */
import { defineKind } from '../../define-kind.ts'
import { invalid, required } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { runtimeClasses } from '../../resources.ts'
import { immutable } from '../../validation/metadata.ts'
import { isDns1123Label } from '../../validation/names.ts'
import { nonNegativeQuantity } from '../../validation/numbers.ts'
import type { RuntimeClass } from './types.ts'

export const runtimeClass = defineKind<RuntimeClass>(runtimeClasses, {
  printer: 'printRuntimeClass',
  allowsCreateOnUpdate: true,
  allowsUnconditionalUpdate: false,
  validate: object => [
    ...(object.handler === '' ? [required('handler')] : isDns1123Label(object.handler).map(text => invalid('handler', object.handler, text))),
    ...Object.entries(object.overhead?.podFixed ?? {}).flatMap(([name, amount]) => nonNegativeQuantity(amount, `overhead.limits[${name}]`)),
  ],
  validateUpdate: (object, old) => immutable(object.handler, old.handler, 'handler', (a, b) => a === b),
  cells: ({ metadata, handler }, now) => [metadata.name, handler, ageCell(metadata.creationTimestamp, now)],
})
