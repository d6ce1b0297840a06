/** Lease: who leads, since when, for how long. */
import { defineKind } from '../../define-kind.ts'
import { invalid, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { leases } from '../../resources.ts'
import type { Lease } from './types.ts'

export const lease = defineKind<Lease>(leases, {
  printer: 'printLease',
  allowsCreateOnUpdate: true,
  allowsUnconditionalUpdate: false,
  prepareForCreate: ({ spec }) => { dropCoordination(spec, undefined) },
  prepareForUpdate: (object, old) => { dropCoordination(object.spec, old.spec) },
  validate({ spec }) {
    const errors: FieldError[] = []
    if (spec.leaseDurationSeconds !== undefined && spec.leaseDurationSeconds <= 0) errors.push(invalid('spec.leaseDurationSeconds', spec.leaseDurationSeconds, 'must be greater than 0'))
    if (spec.leaseTransitions !== undefined && spec.leaseTransitions < 0) errors.push(invalid('spec.leaseTransitions', spec.leaseTransitions, 'must be greater than or equal to 0'))
    return errors
  },
  cells: ({ metadata, spec }, now) => [metadata.name, spec.holderIdentity ?? '', ageCell(metadata.creationTimestamp, now)],
})

/** How a leader is chosen among several is upstream's, behind a gate that is off. */
function dropCoordination(spec: Lease['spec'], old: Lease['spec'] | undefined): void {
  if (old?.strategy === undefined) delete spec.strategy
  if (old?.preferredHolder === undefined) delete spec.preferredHolder
}
