/**
 * Which claims the lab's disks are made for, and what is made. Pure.
 * Upstream: external-provisioner (shouldProvision, Provision), sig-storage-lib-external-provisioner.
 *
 *   VP1  A claim without a volume that is marked for this provisioner; with binding mode WaitForFirstConsumer not before
 *        the scheduler has chosen a node.
 *   VP2  The volume is named pvc-<uid of the claim>, so that doing it twice makes one volume.
 *   VP3  Its size is the request in whole MiB, at least 16 MiB: a file system has to fit.
 *   VP4  One machine at a time can have it: ReadWriteOnce and ReadWriteOncePod. It has a file system, ext4, or is a raw device
 *        where the claim's volumeMode is Block. What else a claim or its class asks is refused by name.
 *   VP5  A volume goes when it is Released, its policy is Delete, and no machine has it.
 */
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeSpec } from '../../../../api/groups/core-v1/types.ts'
import type { StorageClass } from '../../../../api/groups/storage-v1/types.ts'
import { diskDriver, diskFileSystem } from '../../../../wire/cloud/disk-driver.ts'
import { capacityText, wholeMebibytes } from '../../volumes/volume-size.ts'

export const provisionedBy = 'pv.kubernetes.io/provisioned-by'
export const provisionerFinalizer = 'external-provisioner.volume.kubernetes.io/finalizer'
const provisionerAnnotations = ['volume.kubernetes.io/storage-provisioner', 'volume.beta.kubernetes.io/storage-provisioner']
const selectedNode = 'volume.kubernetes.io/selected-node'
const fileSystemParameter = 'csi.storage.k8s.io/fstype'
const leastBytes = 16 * 1024 ** 2
const possibleModes = new Set(['ReadWriteOnce', 'ReadWriteOncePod'])

export function isForUs({ metadata, spec }: PersistentVolumeClaim, storageClass: StorageClass | undefined): boolean { // VP1
  if ((spec.volumeName ?? '') !== '' || metadata.deletionTimestamp !== undefined) return false
  if (!provisionerAnnotations.some(name => metadata.annotations?.[name] === diskDriver) || storageClass === undefined) return false
  return storageClass.volumeBindingMode !== 'WaitForFirstConsumer' || (metadata.annotations?.[selectedNode] ?? '') !== ''
}

/** VP4: why it cannot be made, or undefined. */
export function refusal({ spec }: PersistentVolumeClaim, storageClass: StorageClass): string | undefined {
  const mode = (spec.accessModes ?? []).find(one => !possibleModes.has(one))
  if (mode !== undefined) return `access mode ${mode} is not supported: a disk can be in one machine at a time`
  if (spec.dataSource !== undefined || spec.dataSourceRef !== undefined) return 'a claim cannot be filled from a data source'
  if (spec.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName !== '') return 'volume attributes classes are not supported'
  for (const [name, value] of Object.entries(storageClass.parameters ?? {})) {
    if (name !== fileSystemParameter) return `unknown parameter "${name}" of StorageClass ${storageClass.metadata.name}; known: ${fileSystemParameter}`
    if (value !== diskFileSystem) return `file system "${value}" is not supported, only ${diskFileSystem}`
  }
  return undefined
}

/** VP3. */
export function bytesFor({ spec }: PersistentVolumeClaim): number {
  return Math.max(leastBytes, wholeMebibytes(spec.resources?.requests?.['storage'] ?? '0'))
}

export function volumeName({ metadata }: PersistentVolumeClaim): string {
  return `pvc-${metadata.uid}` // VP2
}

export function volumeFor(claim: PersistentVolumeClaim, storageClass: StorageClass, bytes: number): { readonly metadata: object; readonly spec: PersistentVolumeSpec } {
  const { namespace, name, uid, resourceVersion } = claim.metadata
  return {
    metadata: { name: volumeName(claim), annotations: { [provisionedBy]: diskDriver }, finalizers: [provisionerFinalizer] },
    spec: {
      capacity: { storage: capacityText(bytes) },
      accessModes: claim.spec.accessModes ?? ['ReadWriteOnce'],
      claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', ...(namespace === undefined ? {} : { namespace }), name, uid, resourceVersion: resourceVersion ?? '' },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: storageClass.metadata.name,
      volumeMode: claim.spec.volumeMode ?? 'Filesystem',
      ...(storageClass.mountOptions === undefined ? {} : { mountOptions: storageClass.mountOptions }),
      csi: { driver: diskDriver, volumeHandle: volumeName(claim), ...(claim.spec.volumeMode === 'Block' ? {} : { fsType: diskFileSystem }) },
    },
  }
}

/** VP5, but for the machines. */
export function isToGo({ metadata, spec, status }: PersistentVolume): boolean {
  if (metadata.annotations?.[provisionedBy] !== diskDriver || spec.persistentVolumeReclaimPolicy !== 'Delete') return false
  return status.phase === 'Released' || (metadata.deletionTimestamp !== undefined && status.phase !== 'Bound')
}
