/** PriorityClass: its value and preemption policy never change. */
import { defineKind } from '../../define-kind.ts'
import { forbidden, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { priorityClasses } from '../../resources.ts'
import type { PriorityClass } from './types.ts'

const systemPrefix = 'system-'
const highestUserPriority = 1_000_000_000
const systemClasses: Readonly<Record<string, number>> = { 'system-node-critical': 2_000_001_000, 'system-cluster-critical': 2_000_000_000 }

export const priorityClass = defineKind<PriorityClass>(priorityClasses, {
  hasGeneration: true,
  printer: 'printPriorityClass',
  setDefaults(object) { object.preemptionPolicy ??= 'PreemptLowerPriority' },
  validate(object) {
    const errors: FieldError[] = []
    const { metadata, value = 0, preemptionPolicy } = object
    const name = (metadata.name as string | undefined) ?? ''
    if (name.startsWith(systemPrefix)) {
      if (systemClasses[name] !== value) errors.push(forbidden('metadata.name', `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${systemClasses[name] === undefined ? `${name} is not a known system priority class` : `value of ${name} PriorityClass must be ${systemClasses[name]}`}`))
    } else if (value > highestUserPriority) {
      errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${highestUserPriority}`))
    }
    if (preemptionPolicy === '') errors.push(required('preemptionPolicy'))
    else if (preemptionPolicy !== undefined && !['Never', 'PreemptLowerPriority'].includes(preemptionPolicy)) errors.push(notSupported('preemptionPolicy', preemptionPolicy, ['PreemptLowerPriority', 'Never']))
    return errors
  },
  validateUpdate(object, old) {
    const errors: FieldError[] = []
    if (object.value !== old.value) errors.push(forbidden('value', 'may not be changed in an update.'))
    if (object.preemptionPolicy !== old.preemptionPolicy) errors.push({ path: 'preemptionPolicy', reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(object.preemptionPolicy)}: field is immutable` })
    return errors
  },
  cells: ({ metadata, value, globalDefault, preemptionPolicy }, now) => [metadata.name, value ?? 0, globalDefault ?? false, ageCell(metadata.creationTimestamp, now), preemptionPolicy ?? ''],
})
