/**
 * Volume provisioner: makes disks for claims and deletes those that were given back (external-provisioner's part).
 *
 * Reads   PersistentVolumeClaims, PersistentVolumes, StorageClasses, VolumeAttachments
 * Writes  PersistentVolumes, the cloud's volumes
 * Woken   by claims; by volumes, and by attachments that go
 *
 *   VC1  The cloud's disk is there before the PersistentVolume, and goes before it; both may be done again after a crash.
 *   VC2  What cannot be made is the event ProvisioningFailed with the reason, tried again with growing delay.
 *   VC3  A volume that a machine still has is not deleted: the event VolumeFailedDelete, and tried again when it is out.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, persistentVolumes, storageClasses, volumeAttachments } from '../../../../api/resources.ts'
import { errorText } from '../../../../base/log.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyOf, keyText } from '../../../../machinery/object-key.ts'
import { isAlreadyExists, isNotFound } from '../../../../machinery/status-error.ts'
import type { CloudConfig } from '../../cloud-config.ts'
import { bytesFor, isForUs, isToGo, provisionerFinalizer, refusal, volumeFor, volumeName } from './plan-volume.ts'

const retryMs = 5_000

export function createVolumeProvisionerControllers(config: CloudConfig): Controller[] {
  return [
    {
      name: 'csi-provisioner',
      reconciles: persistentVolumeClaims,
      alsoWokenBy: [wokenBy(storageClasses, (_change, caches) => caches.list(persistentVolumeClaims).filter(claim => (claim.spec.volumeName ?? '') === '').map(keyOf))],
      reads: [persistentVolumes],
      reconcile: (key, deps, signal) => provision(config, key, deps, signal),
    },
    {
      name: 'csi-provisioner-volumes',
      reconciles: persistentVolumes,
      ignores: ({ object }) => !isToGo(object as PersistentVolume),
      alsoWokenBy: [wokenBy(volumeAttachments, ({ type, object }) => (type === 'deleted' && object.spec.source.persistentVolumeName !== undefined ? [{ name: object.spec.source.persistentVolumeName }] : []))],
      reconcile: (key, deps, signal) => takeBack(config, key, deps, signal),
    },
  ]
}

async function provision({ cloud }: CloudConfig, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const claim = deps.cache.get(persistentVolumeClaims, key)
  if (claim === undefined) return done
  const storageClass = deps.cache.get(storageClasses, { name: claim.spec.storageClassName ?? '' })
  if (storageClass === undefined || !isForUs(claim, storageClass) || deps.cache.get(persistentVolumes, { name: volumeName(claim) }) !== undefined) return done
  const refused = refusal(claim, storageClass)
  if (refused !== undefined) { // VC2
    fail(claim, storageClass.metadata.name, refused, deps)
    return done
  }
  deps.events.event(claim, 'Normal', 'Provisioning', `External provisioner is provisioning volume for claim "${keyText(key)}"`)
  try {
    const volume = await cloud.ensureVolume(volumeName(claim), bytesFor(claim), signal) // VC1
    await deps.client.create(persistentVolumes, volumeFor(claim, storageClass, volume.sizeBytes) as never, {}, signal)
    deps.events.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName(claim)}`)
    deps.log.info('volume provisioned', { claim: keyText(key), volume: volumeName(claim), bytes: volume.sizeBytes })
  } catch (error) {
    if (isAlreadyExists(error) || signal.aborted) return done
    fail(claim, storageClass.metadata.name, errorText(error), deps)
    return again(retryMs)
  }
  return done
}

function fail(claim: PersistentVolumeClaim, storageClass: string, why: string, { events }: ReconcileDeps): void {
  events.event(claim, 'Warning', 'ProvisioningFailed', `failed to provision volume with StorageClass "${storageClass}": ${why}`)
}

async function takeBack({ cloud }: CloudConfig, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const volume = deps.cache.get(persistentVolumes, key)
  if (volume === undefined || !isToGo(volume)) return done
  const attached = deps.cache.list(volumeAttachments).find(({ spec }) => spec.source.persistentVolumeName === key.name)
  if (attached !== undefined) { // VC3
    deps.events.event(volume, 'Warning', 'VolumeFailedDelete', `persistentvolume ${key.name} is still attached to node ${attached.spec.nodeName}`)
    return done
  }
  try {
    await cloud.deleteVolume(volume.spec.csi?.volumeHandle ?? key.name, signal)
    const kept = (volume.metadata.finalizers ?? []).filter(finalizer => finalizer !== provisionerFinalizer)
    const next = await deps.client.patch(persistentVolumes, key, { metadata: { resourceVersion: volume.metadata.resourceVersion, finalizers: kept } }, { patchType: 'merge' }, signal)
    if (next.metadata.deletionTimestamp === undefined) await deps.client.delete(persistentVolumes, key, { preconditions: { uid: volume.metadata.uid } }, signal)
    deps.log.info('volume deleted', { volume: key.name })
  } catch (error) {
    if (isNotFound(error) || signal.aborted) return done
    deps.events.event(volume, 'Warning', 'VolumeFailedDelete', errorText(error))
    return again(retryMs)
  }
  return done
}
