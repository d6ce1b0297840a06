/**
 * The objects that plugins look up besides nodes and pods: what is cached of them, and how their changes reach the waiting
 * pods and the cluster view.
 *
 *   OC1  A namespace that comes, goes or is relabelled makes who selects namespaces ask anew.
 *   OC2  Attachments are found by their node without looking at all of them, and classes of devices by the extended resources
 *        they stand behind.
 */
import { csiDrivers, csiNodes, csiStorageCapacities, deviceClasses, namespaces, persistentVolumeClaims, persistentVolumes, replicaSets, replicationControllers, resourceClaims, resourceSlices, services, statefulSets, storageClasses, volumeAttachments } from '../../../api/resources.ts'
import type { Informers } from '../../../machinery/informers.ts'
import { foremostClass, resourcesOf } from '../devices/extended-resources.ts'
import type { Cluster, ClusterLookups } from '../snapshot/cluster.ts'
import { isSame } from '../snapshot/node-view.ts'
import type { ClusterFeed } from './cluster-feed.ts'

export interface ObjectCaches {
  readonly lookups: ClusterLookups
  /** Until the disposables are disposed of. */
  follow(feed: ClusterFeed, cluster: Cluster): readonly Disposable[]
}

export function objectCaches(informers: Informers): ObjectCaches {
  const service = informers.for(services)
  const controller = informers.for(replicationControllers)
  const replicaSet = informers.for(replicaSets)
  const statefulSet = informers.for(statefulSets)
  const namespace = informers.for(namespaces)
  const claim = informers.for(persistentVolumeClaims)
  const volume = informers.for(persistentVolumes)
  const storageClass = informers.for(storageClasses)
  const csiNode = informers.for(csiNodes)
  const csiDriver = informers.for(csiDrivers)
  const capacity = informers.for(csiStorageCapacities)
  const resourceClaim = informers.for(resourceClaims)
  const resourceSlice = informers.for(resourceSlices)
  const deviceClass = informers.for(deviceClasses)
  const attachment = informers.for(volumeAttachments)
  attachment.cache.addIndex('node', ({ spec }) => [spec.nodeName]) // OC2
  deviceClass.cache.addIndex('extended resource', resourcesOf)
  return {
    lookups: {
      services: name => service.cache.list(name),
      replicationController: (inNamespace, name) => controller.cache.get({ namespace: inNamespace, name }),
      replicaSet: (inNamespace, name) => replicaSet.cache.get({ namespace: inNamespace, name }),
      statefulSet: (inNamespace, name) => statefulSet.cache.get({ namespace: inNamespace, name }),
      namespace: name => namespace.cache.get({ name }),
      persistentVolumeClaim: (inNamespace, name) => claim.cache.get({ namespace: inNamespace, name }),
      persistentVolume: name => volume.cache.get({ name }),
      persistentVolumes: () => volume.cache.list(),
      storageClass: name => storageClass.cache.get({ name }),
      csiNode: name => csiNode.cache.get({ name }),
      csiDriver: name => csiDriver.cache.get({ name }),
      csiStorageCapacities: () => capacity.cache.list(),
      resourceClaim: (inNamespace, name) => resourceClaim.cache.get({ namespace: inNamespace, name }),
      resourceClaims: () => resourceClaim.cache.list(),
      resourceSlices: () => resourceSlice.cache.list(),
      deviceClass: name => deviceClass.cache.get({ name }),
      deviceClassOf: resource => foremostClass(deviceClass.cache.byIndex('extended resource', resource)),
      volumeAttachments: nodeName => attachment.cache.byIndex('node', nodeName),
    },
    follow: (feed, cluster) => [
      namespace.onChange(({ object, previous }) => { if (previous === undefined || !isSame(previous.metadata.labels, object.metadata.labels)) cluster.namespaceChanged() }), // OC1
      resourceClaim.onChange(({ object }) => { cluster.claimsInFlight.saw(object) }),
      feed.follow('PersistentVolumeClaim', claim),
      feed.follow('PersistentVolume', volume),
      feed.follow('storage.k8s.io/StorageClass', storageClass),
      feed.follow('storage.k8s.io/CSINode', csiNode),
      feed.follow('storage.k8s.io/CSIDriver', csiDriver),
      feed.follow('storage.k8s.io/CSIStorageCapacity', capacity),
      feed.follow('storage.k8s.io/VolumeAttachment', attachment),
      feed.follow('resource.k8s.io/ResourceClaim', resourceClaim),
      feed.follow('resource.k8s.io/ResourceSlice', resourceSlice),
      feed.follow('resource.k8s.io/DeviceClass', deviceClass),
    ],
  }
}
