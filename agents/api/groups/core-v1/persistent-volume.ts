/** PersistentVolume: a piece of storage; its source never changes. */
import { defineKind } from '../../define-kind.ts'
import { forbidden, notSupported, required, type FieldError } from '../../field-error.ts'
import { ageCell } from '../../printing.ts'
import { persistentVolumes } from '../../resources.ts'
import { semanticallyEqual } from '../../schema/clone.ts'
import { positiveQuantity } from '../../validation/numbers.ts'
import { accessModesCell } from './persistent-volume-printing.ts'
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
  prepareForCreate(object) { object.status = { phase: 'Pending' } },
  validate: ({ spec }) => validateVolume(spec),
  validateUpdate(object, old) {
    const changed = sources.some(source => !semanticallyEqual(object.spec[source], old.spec[source]))
    return [
      ...(changed ? [forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')] : []),
      ...(object.spec.volumeMode === old.spec.volumeMode ? [] : [forbidden('spec.volumeMode', 'field is immutable')]),
    ]
  },
  cells({ metadata, spec, status }, now) {
    const claim = spec.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`
    return [
      metadata.name, spec.capacity?.['storage'] ?? '0', accessModesCell(spec.accessModes), spec.persistentVolumeReclaimPolicy ?? '', metadata.deletionTimestamp === undefined ? status.phase ?? '' : 'Terminating',
      claim, metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec.storageClassName ?? '', spec.volumeAttributesClassName ?? '<unset>', status.reason ?? '',
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
  else if (size === undefined) errors.push(notSupported('spec.capacity', spec.capacity, ['storage']))
  else errors.push(...positiveQuantity(size, 'spec.capacity[storage]'))
  if (!['Recycle', 'Delete', 'Retain'].includes(spec.persistentVolumeReclaimPolicy ?? '')) errors.push(notSupported('spec.persistentVolumeReclaimPolicy', spec.persistentVolumeReclaimPolicy ?? '', ['Delete', 'Recycle', 'Retain']))
  const used = sources.filter(source => spec[source] !== undefined)
  if (used.length === 0) errors.push(required('spec', 'must specify a volume type'))
  errors.push(...used.slice(1).map(source => forbidden(`spec.${source}`, 'may not specify more than 1 volume type')))
  if (spec.hostPath !== undefined && spec.hostPath.path === '/' && spec.persistentVolumeReclaimPolicy === 'Recycle') errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"))
  return errors
}
