/** Objects that plugins look up besides nodes and pods: ports onto the caches of whoever feeds the cluster view. */
import type { ReplicaSet, StatefulSet } from '../../../api/groups/apps-v1/types.ts'
import type { Namespace, PersistentVolume, PersistentVolumeClaim, ReplicationController, Service } from '../../../api/groups/core-v1/types.ts'
import type { DeviceClass, ResourceClaim, ResourceSlice } from '../../../api/groups/resource-v1/types.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass, VolumeAttachment } from '../../../api/groups/storage-v1/types.ts'

export interface ClusterLookups {
  services(namespace: string): readonly Service[]
  replicationController(namespace: string, name: string): ReplicationController | undefined
  replicaSet(namespace: string, name: string): ReplicaSet | undefined
  statefulSet(namespace: string, name: string): StatefulSet | undefined
  namespace(name: string): Namespace | undefined
  persistentVolumeClaim(namespace: string, name: string): PersistentVolumeClaim | undefined
  persistentVolume(name: string): PersistentVolume | undefined
  persistentVolumes(): readonly PersistentVolume[]
  storageClass(name: string): StorageClass | undefined
  csiNode(name: string): CSINode | undefined
  csiDriver(name: string): CSIDriver | undefined
  csiStorageCapacities(): readonly CSIStorageCapacity[]
  /** Of one node. */
  volumeAttachments(nodeName: string): readonly VolumeAttachment[]
  resourceClaim(namespace: string, name: string): ResourceClaim | undefined
  resourceClaims(): readonly ResourceClaim[]
  resourceSlices(): readonly ResourceSlice[]
  deviceClass(name: string): DeviceClass | undefined
  /** The class whose devices stand behind an extended resource. */
  deviceClassOf(resource: string): DeviceClass | undefined
}

export const emptyLookups: ClusterLookups = {
  services: () => [],
  replicationController: () => undefined,
  replicaSet: () => undefined,
  statefulSet: () => undefined,
  namespace: () => undefined,
  persistentVolumeClaim: () => undefined,
  persistentVolume: () => undefined,
  persistentVolumes: () => [],
  storageClass: () => undefined,
  csiNode: () => undefined,
  csiDriver: () => undefined,
  csiStorageCapacities: () => [],
  volumeAttachments: () => [],
  resourceClaim: () => undefined,
  resourceClaims: () => [],
  resourceSlices: () => [],
  deviceClass: () => undefined,
  deviceClassOf: () => undefined,
}
