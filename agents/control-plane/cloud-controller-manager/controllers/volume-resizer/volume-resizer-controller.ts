/**
 * Volume resizer: lets a disk grow while it is in use (external-resizer's part); its file system is the kubelet's to grow.
 *
 * Reads   PersistentVolumeClaims, PersistentVolumes     Writes   both, and the cloud's volumes
 * Woken   by claims and volumes
 *
 *   RZ1  A bound claim that requests more than its volume has: the disk grows first, then the volume's capacity, then the
 *        claim is told to wait for the node (condition FileSystemResizePending, allocatedResourceStatuses NodeResizePending).
 *   RZ2  Every step may be done again after a crash. Nothing shrinks.
 *   RZ3  A failure is the event VolumeResizeFailed, and tried again.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, persistentVolumes } from '../../../../api/resources.ts'
import { compareQuantities } from '../../../../api/schema/quantity.ts'
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
import { capacityText, wholeMebibytes } from '../../volumes/volume-size.ts'

const retryMs = 5_000

export function createVolumeResizerController(config: CloudConfig): Controller {
  return {
    name: 'csi-resizer',
    reconciles: persistentVolumeClaims,
    alsoWokenBy: [wokenBy(persistentVolumes, ({ object: { spec } }) => (spec.claimRef?.name === undefined ? [] : [{ namespace: spec.claimRef.namespace ?? '', name: spec.claimRef.name }]))],
    reconcile: (key, deps, signal) => reconcile(config, key, deps, signal),
  }
}

const capacityOf = ({ spec }: PersistentVolume): string => spec.capacity?.['storage'] ?? '0'

async function reconcile({ cloud }: CloudConfig, key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const claim = deps.cache.get(persistentVolumeClaims, key)
  if (claim === undefined || claim.status.phase !== 'Bound' || claim.metadata.deletionTimestamp !== undefined) return done
  const volume = deps.cache.get(persistentVolumes, { name: claim.spec.volumeName ?? '' })
  if (volume === undefined || volume.spec.csi?.driver !== diskDriver || volume.spec.claimRef?.uid !== claim.metadata.uid) return done
  const asked = claim.spec.resources?.requests?.['storage'] ?? '0'
  try {
    if (compareQuantities(asked, capacityOf(volume)) > 0) { // RZ1
      deps.events.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`)
      const grown = await cloud.ensureVolume(volume.spec.csi.volumeHandle, wholeMebibytes(asked), signal)
      await deps.client.patch(persistentVolumes, keyOf(volume), { spec: { capacity: { storage: capacityText(grown.sizeBytes) } } }, { patchType: 'merge' }, signal)
    } else if (compareQuantities(capacityOf(volume), claim.status.capacity?.['storage'] ?? '0') > 0) await waitForNode(claim, volume, deps, signal)
  } catch (error) {
    if (isNotFound(error) || signal.aborted) return done
    if (isConflict(error) || isConnectionError(error)) throw error
    deps.events.event(claim, 'Warning', 'VolumeResizeFailed', `resize volume ${volume.metadata.name} failed: ${errorText(error)}`) // RZ3
    return again(retryMs)
  }
  return done
}

async function waitForNode(claim: PersistentVolumeClaim, volume: PersistentVolume, deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const { conditions = [], allocatedResourceStatuses } = claim.status
  if (conditions.some(({ type, status }) => type === 'FileSystemResizePending' && status === 'True') && allocatedResourceStatuses?.['storage'] === 'NodeResizePending') return
  const now = timeText(deps.clock.now())
  const pending = { type: 'FileSystemResizePending', status: 'True', lastTransitionTime: now, message: 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.' }
  const status = { conditions: [...conditions.filter(({ type }) => type !== 'Resizing' && type !== 'FileSystemResizePending'), pending], allocatedResources: { storage: capacityOf(volume) }, allocatedResourceStatuses: { storage: 'NodeResizePending' } }
  await deps.client.patch(persistentVolumeClaims, keyOf(claim), { metadata: { resourceVersion: claim.metadata.resourceVersion }, status }, { patchType: 'merge', subresource: 'status' }, signal)
  deps.events.event(claim, 'Normal', 'FileSystemResizeRequired', 'Require file system resize of volume on node')
}
