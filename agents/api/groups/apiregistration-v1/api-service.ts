/** APIService: which server answers a group and version. */
import { defineKind } from '../../define-kind.ts'
import { invalid, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { apiServices } from '../../resources.ts'
import { inRange } from '../../validation/numbers.ts'
import type { APIService } from './types.ts'

const base = defineKind<APIService>(apiServices, {
  allowsUnconditionalUpdate: false,
  nameRule: () => [], // the name of the core group's ends with a dot; what it must be is checked below
  statusKeeps: ['deletionTimestamp', 'labels'],
  allowsAnyFinalizer: true,
  setDefaults({ spec }) {
    if (spec.service !== undefined) spec.service.port ??= 443
  },
  validate({ metadata, spec }) {
    const { group = '', version = '' } = spec
    const name = `${version}.${group}`
    const errors: FieldError[] = metadata.name === name ? [] : [invalid('metadata.name', metadata.name, '`spec.version+"."+spec.group`')]
    if (version === '') errors.push(required('spec.version'))
    errors.push(...inRange(spec.groupPriorityMinimum, 1, 20_000, 'spec.groupPriorityMinimum').map(() => invalid('spec.groupPriorityMinimum', spec.groupPriorityMinimum, 'must be positive and less than 20000')))
    errors.push(...inRange(spec.versionPriority, 1, 1000, 'spec.versionPriority').map(() => invalid('spec.versionPriority', spec.versionPriority, 'must be positive and less than 1000')))
    if (spec.service !== undefined) {
      if ((spec.service.namespace ?? '') === '') errors.push(required('spec.service.namespace'))
      if ((spec.service.name ?? '') === '') errors.push(required('spec.service.name'))
    }
    return errors
  },
  cells({ metadata, spec, status }, now) {
    const service = spec.service === undefined ? 'Local' : `${spec.service.namespace}/${spec.service.name}`
    const available = status.conditions?.find(condition => condition.type === 'Available')
    const text = available === undefined ? 'Unknown' : available.status === 'True' ? 'True' : `${available.status} (${available.reason ?? ''})`
    return [metadata.name, service, text, ageCell(metadata.creationTimestamp, now)]
  },
})

export const apiService = {
  ...base,
  columns: [
    { name: 'Name', type: 'string', format: 'name', priority: 0 },
    { name: 'Service', type: 'string', format: '', priority: 0 },
    { name: 'Available', type: 'string', format: '', priority: 0 },
    { name: 'Age', type: 'string', format: '', priority: 0 },
  ],
} as const satisfies typeof base
