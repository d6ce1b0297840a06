/**
 * Which changes may cure a pod that volume binding rejected. Upstream: volumebinding isSchedulableAfter….
 *
 *   VH1  A class that is new or allows other topologies; one of the pod's claims; any volume; a node that is new or
 *        relabelled; a CSINode that is new or migrated other plugins; a driver of the pod's inline volumes that no longer
 *        tracks capacity; a capacity that is new or grew.
 */
import type { PersistentVolumeClaim, Pod } from '../../../../api/groups/core-v1/types.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from '../../../../api/groups/storage-v1/types.ts'
import type { QueueingHint, WakeEvent } from '../../framework/cluster-event.ts'
import { isSame } from '../../snapshot/node-view.ts'
import { usesClaim } from '../../snapshot/pod-volumes.ts'
import { largestVolume } from './volumes-on-node.ts'

const migratedPlugins = 'storage.alpha.kubernetes.io/migrated-plugins'
const hint = (mayHelp: boolean): QueueingHint => (mayHelp ? 'Queue' : 'Skip')

export const volumeBindingWakesOn: readonly WakeEvent[] = [
  { resource: 'storage.k8s.io/StorageClass', actions: ['Add', 'Update'], hint: (_, before, after) => hint(before === undefined || !isSame((before as StorageClass).allowedTopologies ?? [], (after as StorageClass).allowedTopologies ?? [])) },
  { resource: 'PersistentVolumeClaim', actions: ['Add', 'Update'], hint: (pod, _, after) => hint(usesClaim(pod, after as PersistentVolumeClaim)) },
  { resource: 'PersistentVolume', actions: ['Add', 'Update'] },
  { resource: 'Node', actions: ['Add', 'UpdateNodeLabel'] },
  { resource: 'storage.k8s.io/CSINode', actions: ['Add', 'Update'], hint: (_, before, after) => hint(before === undefined || (before as CSINode).metadata.annotations?.[migratedPlugins] !== (after as CSINode).metadata.annotations?.[migratedPlugins]) },
  { resource: 'storage.k8s.io/CSIDriver', actions: ['Update'], hint: (pod, before, after) => hint(stopsTracking(pod, before as CSIDriver, after as CSIDriver)) },
  { resource: 'storage.k8s.io/CSIStorageCapacity', actions: ['Add', 'Update'], hint: (_, before, after) => hint(before === undefined || grew(before as CSIStorageCapacity, after as CSIStorageCapacity)) },
] // VH1

function stopsTracking(pod: Pod, before: CSIDriver, after: CSIDriver): boolean {
  return (pod.spec.volumes ?? []).some(volume => volume.csi?.driver === after.metadata.name) && before.spec.storageCapacity === true && after.spec.storageCapacity !== true
}

function grew(before: CSIStorageCapacity, after: CSIStorageCapacity): boolean {
  const had = largestVolume(before)
  const has = largestVolume(after)
  return has !== undefined && (had === undefined || has > had)
}
