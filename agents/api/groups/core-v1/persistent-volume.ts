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
import { validateNodeSelector } from './node-selector-validation.ts'
import { validateCommonSource, validateDriverName } from './volume-source-validation.ts'
import { validateHostPath } from './volume-validation.ts'
import type { PersistentVolume, PersistentVolumeSpec } from './types.ts'

/** In the order in which upstream looks at them: the first is judged, the others are too many. */
const sources = [
  'hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'glusterfs', 'flocker', 'nfs', 'rbd', 'quobyte', 'cephfs', 'iscsi', 'cinder', 'fc', 'flexVolume',
  'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume', 'azureDisk', 'scaleIO', 'local', 'storageos', 'csi',
] as const satisfies readonly (keyof PersistentVolumeSpec)[]
/** As upstream's errors name them. */
const namesInErrors: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' }
const namesOfSurplus: Readonly<Record<string, string>> = { cephfs: 'cephFS' }
const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']

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
  const errors = validateAccess(spec)
  const reclaim = spec.persistentVolumeReclaimPolicy ?? ''
  if (reclaim !== '' && !['Recycle', 'Delete', 'Retain'].includes(reclaim)) errors.push(notSupported('spec.persistentVolumeReclaimPolicy', reclaim, ['Delete', 'Recycle', 'Retain']))
  if (spec.nodeAffinity !== undefined) errors.push(...(spec.nodeAffinity.required === undefined ? [required('spec.nodeAffinity.required', 'must specify required node constraints')] : validateNodeSelector(spec.nodeAffinity.required, 'spec.nodeAffinity.required')))
  const used = sources.filter(source => spec[source] !== undefined)
  if (used.length === 0) errors.push(required('spec', 'must specify a volume type'))
  errors.push(...used.flatMap((source, index) => (index === 0 || source === 'flexVolume' ? validateSource(spec, source) : [forbidden(`spec.${namesOfSurplus[source] ?? source}`, 'may not specify more than 1 volume type')]))) // upstream judges a flexVolume wherever it stands
  if (spec.hostPath !== undefined && spec.hostPath.path === '/' && reclaim === 'Recycle') errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"))
  if ((spec.storageClassName ?? '') !== '') errors.push(...isDns1123Subdomain(spec.storageClassName!).map(text => invalid('spec.storageClassName', spec.storageClassName, text)))
  if (!['Block', 'Filesystem'].includes(spec.volumeMode ?? '')) errors.push(notSupported('spec.volumeMode', spec.volumeMode ?? '', ['Block', 'Filesystem']))
  return [...errors, ...validateAttributesClass(spec)]
}

function validateAccess(spec: PersistentVolumeSpec): FieldError[] {
  const modes = spec.accessModes ?? []
  const errors: FieldError[] = modes.length === 0 ? [required('spec.accessModes')] : []
  for (const mode of modes) if (!accessModes.includes(mode)) errors.push(notSupported('spec.accessModes', mode, accessModes))
  if (modes.includes('ReadWriteOncePod') && modes.some(mode => mode !== 'ReadWriteOncePod' && accessModes.includes(mode))) errors.push(forbidden('spec.accessModes', 'may not use ReadWriteOncePod with other access modes'))
  const capacity = spec.capacity ?? {}
  const names = Object.keys(capacity)
  if (names.length === 0) errors.push(required('spec.capacity'))
  if (capacity['storage'] === undefined || names.length > 1) errors.push(notSupported('spec.capacity', spec.capacity, ['storage']))
  return [...errors, ...names.flatMap(name => positiveQuantity(capacity[name]!, `spec.capacity[${name}]`))]
}

/** What a CSI driver may change of a volume. */
function validateAttributesClass({ volumeAttributesClassName: name, csi }: PersistentVolumeSpec): FieldError[] {
  if (name === undefined) return []
  return [
    ...(name === '' ? [required('spec.volumeAttributesClassName', 'an empty string is disallowed')] : isDns1123Subdomain(name).map(text => invalid('spec.volumeAttributesClassName', name, text))),
    ...(csi === undefined ? [required('spec.csi', 'has to be specified when using volumeAttributesClassName')] : []),
  ]
}

function validateSource(spec: PersistentVolumeSpec, source: (typeof sources)[number]): FieldError[] {
  const path = `spec.${namesInErrors[source] ?? source}`
  const errors = validateCommonSource(source, spec[source]!, path)
  if (spec.hostPath !== undefined && source === 'hostPath') errors.push(...validateHostPath(spec.hostPath.path, spec.hostPath.type, path))
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
