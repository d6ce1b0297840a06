/**
 * PersistentVolumeClaim.
 *
 *   VC1  A new claim is Pending and a Filesystem.
 *   VC2  After creation only requests grow (and a bound volume's name, and the attributes class) may change.
 *   VC3  dataSource and dataSourceRef say the same, but where the reference leaves the namespace.
 *   VC4  A reference into another namespace is dropped (its gate is off), and so is a dataSource alone that is neither a claim nor
 *        a snapshot.
 */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { persistentVolumeClaims } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { compareQuantities } from '../../schema/quantity.ts'
import { validateLabelSelector } from '../../validation/metadata.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../validation/names.ts'
import { positiveQuantity } from '../../validation/numbers.ts'
import { namesClass, storageClassOf } from '../../volumes/volume-fit.ts'
import { accessModesCell } from './persistent-volume-printing.ts'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from './types.ts'

const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

export function setClaimDefaults(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
}

/** Errors of a claim's spec that stands at the path: a template of claims is judged as a claim is. */
export function validateClaimAt(spec: PersistentVolumeClaimSpec, path: string): FieldError[] {
  return validateClaim(spec).map(error => ({ ...error, path: path + error.path.slice('spec'.length) }))
}

export const persistentVolumeClaim = defineKind<PersistentVolumeClaim>(persistentVolumeClaims, {
  printer: 'printPersistentVolumeClaim',
  returnsDeletedObject: true,
  setDefaults(object) {
    object.status.phase ??= 'Pending'
    setClaimDefaults(object.spec)
    if (object.spec.dataSourceRef !== undefined || isClaimOrSnapshot(object.spec.dataSource)) alignSources(object.spec)
  },
  prepareForCreate(object) {
    object.status = { phase: 'Pending' }
    dropForeignSources(object.spec, undefined)
    alignSources(object.spec)
  },
  prepareForUpdate(object, old) {
    dropForeignSources(object.spec, old.spec)
    alignSources(object.spec)
  },
  validate: ({ spec }) => validateClaim(spec),
  validateUpdate(object, old) {
    const errors: FieldError[] = []
    const now = { ...object.spec, resources: undefined, volumeAttributesClassName: undefined }
    const before = { ...old.spec, resources: undefined, volumeAttributesClassName: undefined }
    if ((old.spec.volumeName ?? '') === '') before.volumeName = object.spec.volumeName
    if (!namesClass(old)) before.storageClassName = object.spec.storageClassName // the volume binder gives the default class, also one that came later
    const newSize = object.spec.resources?.requests?.['storage']
    const oldSize = old.spec.resources?.requests?.['storage']
    const grows = newSize !== undefined && oldSize !== undefined && compareQuantities(newSize, oldSize) !== 0
    if (!semanticallyEqual(now, before) || (grows && old.status.phase !== 'Bound')) {
      errors.push(forbidden('spec', 'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'))
    } else if (grows && compareQuantities(newSize, oldSize) < 0) {
      errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
    }
    return errors
  },
  cells(claim, now) {
    const { metadata, spec, status } = claim
    const bound = (spec.volumeName ?? '') !== ''
    const phase = metadata.deletionTimestamp === undefined ? status.phase ?? '' : 'Terminating'
    return [
      metadata.name, phase, spec.volumeName ?? '', bound ? status.capacity?.['storage'] ?? '0' : '', bound ? accessModesCell(status.accessModes) : '',
      storageClassOf(claim), spec.volumeAttributesClassName ?? '<unset>', ageCell(metadata.creationTimestamp, now), spec.volumeMode ?? '<unset>',
    ]
  },
})

function validateClaim(spec: PersistentVolumeClaimSpec): FieldError[] {
  const errors: FieldError[] = []
  const modes = spec.accessModes ?? []
  if (modes.length === 0) errors.push(required('spec.accessModes', 'at least 1 access mode is required'))
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'))
  modes.forEach(mode => { if (!accessModes.includes(mode)) errors.push(notSupported('spec.accessModes', mode, accessModes)) })
  if (modes.includes('ReadWriteOncePod') && modes.some(mode => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))) errors.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'))
  const size = spec.resources?.requests?.['storage']
  if (size === undefined) errors.push(required('spec.resources[storage]'))
  else errors.push(...positiveQuantity(size, 'spec.resources[storage]'))
  if ((spec.storageClassName ?? '') !== '') errors.push(...isDns1123Subdomain(spec.storageClassName!).map(text => invalid('spec.storageClassName', spec.storageClassName, text)))
  if (spec.volumeMode !== undefined && !['Block', 'Filesystem'].includes(spec.volumeMode)) errors.push(notSupported('spec.volumeMode', spec.volumeMode, ['Block', 'Filesystem']))
  errors.push(...validateSources(spec))
  if ((spec.volumeAttributesClassName ?? '') !== '') errors.push(...isDns1123Subdomain(spec.volumeAttributesClassName!).map(text => invalid('spec.volumeAttributesClassName', spec.volumeAttributesClassName, text)))
  return errors
}

/**
 * VC4. Upstream: pkg/api/persistentvolumeclaim DropDisabledFields, EnforceDataSourceBackwardsCompatibility.
 */
function dropForeignSources(spec: PersistentVolumeClaimSpec, old: PersistentVolumeClaimSpec | undefined): void {
  if ((spec.dataSourceRef?.namespace ?? '') !== '' && old?.dataSourceRef === undefined) delete spec.dataSourceRef
  const wasUsed = old?.dataSource !== undefined || old?.dataSourceRef !== undefined
  if (!wasUsed && spec.dataSourceRef === undefined && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource
}

function isClaimOrSnapshot(source: PersistentVolumeClaimSpec['dataSource']): boolean {
  const group = source?.apiGroup ?? ''
  return (source?.kind === 'PersistentVolumeClaim' && group === '') || (source?.kind === 'VolumeSnapshot' && group === 'snapshot.storage.k8s.io')
}

/** VC3 */
function alignSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec
  if ((dataSourceRef?.namespace ?? '') !== '') return
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource }
  else if (dataSourceRef !== undefined && dataSource === undefined) {
    const { namespace: _namespace, ...local } = dataSourceRef
    spec.dataSource = local
  }
}

/** VC3 */
function validateSources({ dataSource, dataSourceRef }: PersistentVolumeClaimSpec): FieldError[] {
  const errors = [...validateDataSource(dataSource, 'spec.dataSource'), ...validateDataSource(dataSourceRef, 'spec.dataSourceRef')]
  const namespace = dataSourceRef?.namespace ?? ''
  if (namespace !== '') errors.push(...isDns1123Label(namespace).map(text => invalid('spec.dataSourceRef.namespace', namespace, text)))
  if (dataSource === undefined || dataSourceRef === undefined) return errors
  if (namespace !== '') return [...errors, invalid('spec', 'spec.dataSource', 'may not be specified when dataSourceRef.namespace is specified')]
  const isSame = (dataSource.apiGroup ?? undefined) === (dataSourceRef.apiGroup ?? undefined) && dataSource.kind === dataSourceRef.kind && dataSource.name === dataSourceRef.name
  return isSame ? errors : [...errors, invalid('spec', 'spec.dataSource', 'must match dataSourceRef')]
}

function validateDataSource(source: PersistentVolumeClaimSpec['dataSource'], path: string): FieldError[] {
  if (source === undefined) return []
  const group = source.apiGroup ?? ''
  return [
    ...(source.name === '' ? [required(`${path}.name`)] : []),
    ...(source.kind === '' ? [required(`${path}.kind`)] : []),
    ...(group === '' ? source.kind === 'PersistentVolumeClaim' ? [] : [invalid(path, source.kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")] : isDns1123Subdomain(group).map(text => invalid(`${path}.apiGroup`, group, text))),
  ]
}
