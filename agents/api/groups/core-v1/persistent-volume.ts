/** PersistentVolume: a piece of storage; its source never changes. */
import { defineKind } from '../../define-kind.ts'
import { forbidden, invalid, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { persistentVolumes } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { isDns1123Subdomain } from '../../validation/names.ts'
import { positiveQuantity } from '../../validation/numbers.ts'
import { storageClassOf } from '../../volumes/volume-fit.ts'
import { accessModesCell } from './persistent-volume-printing.ts'
import { validateCommonSource, validateDriverName } from './volume-source-validation.ts'
import type { PersistentVolume, PersistentVolumeSpec } from './types.ts'

const sources = [
  'hostPath', 'local', 'nfs', 'csi', 'iscsi', 'fc', 'rbd', 'cephfs', 'cinder', 'glusterfs', 'flexVolume', 'flocker', 'gcePersistentDisk', 'awsElasticBlockStore',
  'azureDisk', 'azureFile', 'quobyte', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos',
] as const satisfies readonly (keyof PersistentVolumeSpec)[]

export const persistentVolume = defineKind<PersistentVolume>(persistentVolumes, {
  printer: 'printPersistentVolume',
  returnsDeletedObject: true,
  setDefaults({ spec, status }) {
    status.phase ??= 'Pending'
    spec.persistentVolumeReclaimPolicy ??= 'Retain'
    spec.volumeMode ??= 'Filesystem'
    if (spec.hostPath !== undefined) spec.hostPath.type ??= ''
  },
  prepareForCreate(object) { object.status = { phase: 'Pending', ...(object.metadata.creationTimestamp === undefined ? {} : { lastPhaseTransitionTime: object.metadata.creationTimestamp }) } },
  validate: ({ spec }) => validateVolume(spec),
  validateUpdate(object, old) {
    const changed = sources.some(source => !semanticallyEqual(object.spec[source], old.spec[source]))
    return [
      ...(changed ? [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')] : []),
      ...(object.spec.volumeMode === old.spec.volumeMode ? [] : [forbidden('spec.volumeMode', 'field is immutable')]),
    ]
  },
  cells(volume, now) {
    const { metadata, spec, status } = volume
    const claim = spec.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`
    return [
      metadata.name, spec.capacity?.['storage'] ?? '0', accessModesCell(spec.accessModes), spec.persistentVolumeReclaimPolicy ?? '', metadata.deletionTimestamp === undefined ? status.phase ?? '' : 'Terminating',
      claim, storageClassOf(volume), spec.volumeAttributesClassName ?? '<unset>', status.reason ?? '',
      ageCell(metadata.creationTimestamp, now), spec.volumeMode ?? '<unset>',
    ]
  },
})

function validateVolume(spec: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = []
  if ((spec.accessModes ?? []).length === 0) errors.push(required('spec.accessModes'))
  for (const mode of spec.accessModes ?? []) {
    if (!['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOncePod'].includes(mode)) errors.push(notSupported('spec.accessModes', mode, ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']))
  }
  const size = spec.capacity?.['storage']
  if (Object.keys(spec.capacity ?? {}).length === 0) errors.push(required('spec.capacity'))
  if (size === undefined) errors.push(notSupported('spec.capacity', spec.capacity, ['storage']))
  else errors.push(...positiveQuantity(size, 'spec.capacity[storage]'))
  if (!['Recycle', 'Delete', 'Retain'].includes(spec.persistentVolumeReclaimPolicy ?? '')) errors.push(notSupported('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy ?? '', ['Delete', 'Recycle', 'Retain']))
  const used = sources.filter(source => spec[source] !== undefined)
  if (used.length === 0) errors.push(required('spec', 'must specify a volume type'))
  errors.push(...used.slice(0, 1).flatMap(source => validateSource(spec, source)), ...used.slice(1).map(source => forbidden(`spec.${source}`, 'may not specify more than 1 volume type')))
  if (spec.hostPath !== undefined && spec.hostPath.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"))
  if ((spec.storageClassName ?? '') !== '') errors.push(...isDns1123Subdomain(spec.storageClassName!).map(text => invalid('spec.storageClassName', spec.storageClassName, text)))
  if (!['Block', 'Filesystem'].includes(spec.volumeMode ?? '')) errors.push(notSupported('spec.volumeMode', spec.volumeMode ?? '', ['Block', 'Filesystem']))
  return errors
}

function validateSource(spec: PersistentVolumeSpec, source: (typeof sources)[number]): FieldError[] {
  const path = `spec.${source}`
  const errors = validateCommonSource(source, spec[source]!, path)
  if (spec.hostPath !== undefined && source === 'hostPath') errors.push(...validatePath(spec.hostPath.path, `${path}.path`))
  if (spec.local !== undefined && source === 'local') {
    errors.push(...validatePath(spec.local.path, `${path}.path`))
    if (spec.nodeAffinity === undefined) errors.push(required('spec.nodeAffinity', 'Local volume requires node affinity'))
  }
  if (spec.nfs !== undefined && source === 'nfs') {
    if (spec.nfs.server === '') errors.push(required(`${path}.server`))
    if (spec.nfs.path === '') errors.push(required(`${path}.path`))
    else if (!spec.nfs.path.startsWith('/')) errors.push(invalid(`${path}.path`, spec.nfs.path, 'must be an absolute path'))
  }
  if (spec.csi !== undefined && source === 'csi') {
    errors.push(...validateDriverName(spec.csi.driver, `${path}.driver`, isDns1123Subdomain))
    if (spec.csi.volumeHandle === '') errors.push(required(`${path}.volumeHandle`))
  }
  return errors
}

function validatePath(text: string, path: string): FieldError[] {
  if (text === '') return [required(path)]
  return text.split('/').includes('..') ? [invalid(path, text, "must not contain '..'")] : []
}
