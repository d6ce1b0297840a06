/**
 * Namespace.
 *
 *   NS1  A new one is Active, is held by the finalizer "kubernetes", and is labelled with its own name.
 *   NS2  spec.finalizers change through the finalize subresource alone; the phase through the status subresource.
 */
import { defineKind } from '../../define-kind.ts'
import { invalid } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { namespaces } from '../../resources.ts'
import { validateNamespaceFinalizer } from '../../validation/metadata.ts'
import { isDns1123Label } from '../../validation/names.ts'
import type { Namespace } from './types.ts'

export const namespace = defineKind<Namespace>(namespaces, {
  nameRule: isDns1123Label,
  printer: 'printNamespace',
  gracefulDeletion: false,
  returnsDeletedObject: true,
  setDefaults(object) {
    if (object.status.phase === undefined) object.status.phase = 'Active'
    if (object.metadata.name !== undefined && object.metadata.name !== '') {
      object.metadata.labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name }
    }
  },
  prepareForCreate(object) {
    object.status = { phase: 'Active' }
    const finalizers = object.spec.finalizers ?? []
    if (!finalizers.includes('kubernetes')) object.spec.finalizers = [...finalizers, 'kubernetes']
  },
  prepareForUpdate(object, old) {
    if (old.spec.finalizers === undefined) delete object.spec.finalizers
    else object.spec.finalizers = old.spec.finalizers // NS2
  },
  validate: ({ spec }) => (spec.finalizers ?? []).flatMap(finalizer => validateNamespaceFinalizer(finalizer, 'spec.finalizers')),
  validateStatusUpdate: ({ metadata, status }) => {
    const deleting = metadata.deletionTimestamp !== undefined
    if (!deleting && status.phase !== 'Active') return [invalid('status.Phase', status.phase, "may only be 'Active' if `deletionTimestamp` is empty")]
    if (deleting && status.phase !== 'Terminating') return [invalid('status.Phase', status.phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
    return []
  },
  selectableFields: { 'status.phase': object => object.status.phase ?? '' },
  cells: ({ metadata, status }, now) => [metadata.name, status.phase ?? '', ageCell(metadata.creationTimestamp, now)],
})
