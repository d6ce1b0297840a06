/**
 * Volume attacher: plugs disks into machines and takes them out, as VolumeAttachments say (external-attacher's part).
 *
 * Reads   VolumeAttachments, PersistentVolumes
 * Writes  VolumeAttachments (finalizer, status), PersistentVolumes (finalizer), the cloud's volumes
 * Woken   by VolumeAttachments of our driver, and by volumes that are being deleted
 *
 *   AT1  Attachment and volume carry the finalizer external-attacher/disk-kubarium-dev before the disk is plugged in.
 *   AT2  status.attached becomes true when the disk is in; a failure is status.attachError, and tried again.
 *   AT3  An attachment that is being deleted lets go when the disk is out; a failure is status.detachError.
 *   AT4  A volume that is being deleted lets go of the finalizer when no attachment names it.
 */
import type { PersistentVolume } from '../../../../api/groups/core-v1/types.ts'
import type { VolumeAttachment, VolumeAttachmentStatus } from '../../../../api/groups/storage-v1/types.ts'
import { persistentVolumes, volumeAttachments } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { errorText } from '../../../../base/log.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf } from '../../../../machinery/object-key.ts'
import { isConflict, isNotFound } from '../../../../machinery/status-error.ts'
import { isConnectionError } from '../../../../machinery/transport.ts'
import { diskDriver } from '../../../../wire/cloud/disk-driver.ts'
import type { CloudConfig } from '../../cloud-config.ts'

export const attacherFinalizer = `external-attacher/${diskDriver.replaceAll('.', '-')}`
const retryMs = 2_000

export function createVolumeAttacherControllers(config: CloudConfig): Controller[] {
  return [
    {
      name: 'csi-attacher',
      reconciles: volumeAttachments,
      ignores: ({ object }) => (object as VolumeAttachment).spec.attacher !== diskDriver,
      alsoWokenBy: [wokenBy(persistentVolumes, ({ type, object }, caches) => (type === 'added' ? caches.list(volumeAttachments).filter(({ spec }) => spec.source.persistentVolumeName === object.metadata.name).map(keyOf) : []))],
      reconcile: (key, deps, signal) => reconcileAttachment(config, key, deps, signal),
    },
    {
      name: 'csi-attacher-volumes',
      reconciles: persistentVolumes,
      ignores: ({ object }) => object.metadata.deletionTimestamp === undefined || !hasFinalizer(object),
      alsoWokenBy: [wokenBy(volumeAttachments, ({ type, object }) => (type === 'deleted' && object.spec.source.persistentVolumeName !== undefined ? [{ name: object.spec.source.persistentVolumeName }] : []))],
      reconcile: releaseVolume,
    },
  ]
}

const hasFinalizer = ({ metadata }: { readonly metadata: { readonly finalizers?: readonly string[] } }): boolean => metadata.finalizers?.includes(attacherFinalizer) === true

async function reconcileAttachment({ cloud }: CloudConfig, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const attachment = deps.cache.get(volumeAttachments, key)
  if (attachment === undefined || attachment.spec.attacher !== diskDriver) return done
  const volume = deps.cache.get(persistentVolumes, { name: attachment.spec.source.persistentVolumeName ?? '' })
  const isGoing = attachment.metadata.deletionTimestamp !== undefined
  try {
    if (isGoing) await detach(attachment, volume, cloud, deps, signal)
    else if (volume !== undefined) await attach(attachment, volume, cloud, deps, signal)
    return done
  } catch (error) {
    if (isNotFound(error) || signal.aborted) return done
    if (isConflict(error) || isConnectionError(error)) throw error
    const failure = { message: errorText(error), time: timeText(deps.clock.now()) }
    deps.log.warn(isGoing ? 'volume not detached' : 'volume not attached', { attachment: key.name, node: attachment.spec.nodeName, error: failure.message })
    await writeStatus(attachment, isGoing ? { attached: attachment.status?.attached ?? false, detachError: failure } : { attached: false, attachError: failure }, deps, signal)
    return again(retryMs)
  }
}

async function attach(attachment: VolumeAttachment, volume: PersistentVolume, cloud: CloudConfig['cloud'], deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  if (attachment.status?.attached === true) return
  if (!hasFinalizer(volume)) await addFinalizer(persistentVolumes, volume, deps, signal) // AT1
  if (!hasFinalizer(attachment)) await addFinalizer(volumeAttachments, attachment, deps, signal)
  await cloud.plugIn(volume.spec.csi!.volumeHandle, attachment.spec.nodeName, signal)
  await writeStatus(attachment, { attached: true }, deps, signal) // AT2
  deps.log.info('volume attached', { volume: volume.metadata.name, node: attachment.spec.nodeName })
}

async function detach(attachment: VolumeAttachment, volume: PersistentVolume | undefined, cloud: CloudConfig['cloud'], deps: ReconcileDeps, signal: AbortSignal): Promise<void> { // AT3
  if (!hasFinalizer(attachment)) return
  const handle = volume?.spec.csi?.volumeHandle ?? attachment.spec.source.persistentVolumeName
  if (handle !== undefined) await cloud.takeOut(handle, attachment.spec.nodeName, signal)
  const finalizers = attachment.metadata.finalizers!.filter(finalizer => finalizer !== attacherFinalizer)
  await deps.client.patch(volumeAttachments, keyOf(attachment), { metadata: { finalizers } }, { patchType: 'merge' }, signal)
  deps.log.info('volume detached', { volume: attachment.spec.source.persistentVolumeName, node: attachment.spec.nodeName })
}

async function addFinalizer(type: typeof persistentVolumes | typeof volumeAttachments, { metadata }: PersistentVolume | VolumeAttachment, { client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  await client.patch(type as typeof persistentVolumes, { name: metadata.name }, { metadata: { finalizers: [...(metadata.finalizers ?? []), attacherFinalizer] } }, { patchType: 'merge' }, signal)
}

async function writeStatus(attachment: VolumeAttachment, status: VolumeAttachmentStatus, { client }: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const errors = { attachError: null, detachError: null }
  await client.patch(volumeAttachments, keyOf(attachment), { status: { ...errors, ...status } }, { patchType: 'merge', subresource: 'status' }, signal)
}

async function releaseVolume(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> { // AT4
  const volume = deps.cache.get(persistentVolumes, key)
  if (volume === undefined || volume.metadata.deletionTimestamp === undefined || !hasFinalizer(volume)) return done
  if (deps.cache.list(volumeAttachments).some(({ spec }) => spec.source.persistentVolumeName === key.name)) return done
  const finalizers = volume.metadata.finalizers!.filter(finalizer => finalizer !== attacherFinalizer)
  await deps.client.patch(persistentVolumes, key, { metadata: { resourceVersion: volume.metadata.resourceVersion, finalizers } }, { patchType: 'merge' }, signal).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  return done
}
