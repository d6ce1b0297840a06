/** ControllerRevision: a snapshot of a workload's template; its data never changes. */
import { defineKind } from '../../define-kind.ts'
import { required } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { controllerRevisions } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { immutable } from '../../validation/metadata.ts'
import { nonNegative } from '../../validation/numbers.ts'
import type { ControllerRevision } from './types.ts'

export const controllerRevision = defineKind<ControllerRevision>(controllerRevisions, {
  printer: 'printControllerRevision',
  validate: ({ data, revision }) => [...(data === undefined || data === null ? [required('data', 'data is mandatory')] : []), ...nonNegative(revision, 'revision')],
  validateUpdate: (object, old) => immutable(object.data, old.data, 'data', semanticallyEqual),
  cells({ metadata, revision }, now) {
    const owner = metadata.ownerReferences?.find(each => each.controller === true)
    const group = owner === undefined ? '' : owner.apiVersion.split('/')[0]!
    const text = owner === undefined ? '<none>' : `${owner.kind.toLowerCase()}${group === '' || !owner.apiVersion.includes('/') ? '' : `.${group}`}/${owner.name}`
    return [metadata.name, text, revision, ageCell(metadata.creationTimestamp, now)]
  },
})
