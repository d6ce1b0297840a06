/**
 * NodeVolumeLimits: a node attaches only so many volumes of a CSI driver as its CSINode says.
 *
 *   NL1  Volumes of the pods on the node, those attached to it for other reasons, and the pod's own new ones together may
 *        not exceed the driver's count. A volume that several pods use counts once. Eviction cures.
 *   NL2  A claim without a volume yet counts for the provisioner of its class.
 *   NL3  A node without CSINode, or a driver without a count, has no limit.
 *   NL4  A claim that does not exist rejects the pod; of a pod already there it is passed over.
 *   NL5  Helps: a new CSINode or a larger count; a placed pod with claims that goes; one of the pod's claims; an attachment
 *        that goes.
 */
import type { PersistentVolumeClaim, Pod } from '../../../api/groups/core-v1/types.ts'
import type { CSINode } from '../../../api/groups/storage-v1/types.ts'
import { storageClassOf } from '../../../api/volumes/volume-fit.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'
import type { Rejected } from '../framework/verdict.ts'
import { fits, interested, isRejected, notInterested, rejected } from '../framework/verdict.ts'
import type { ClusterLookups } from '../snapshot/cluster.ts'
import type { NodeView } from '../snapshot/node-view.ts'
import { hasPlace } from '../snapshot/pod-place.ts'
import { claimNotFound, claimedVolumes, isMadeFor, notMadeForMessage, usesClaim } from '../snapshot/pod-volumes.ts'

/** Drivers by the unique name of a volume. */
type Volumes = ReadonlyMap<string, string>

export interface WantedVolumes {
  /** Looked up when a node is first asked about: whoever finds fault with a claim earlier says so in its own words. */
  volumes: Volumes | Rejected | undefined
  readonly lookups: ClusterLookups
}

export const nodeVolumeLimits: PreFilterPlugin<WantedVolumes> & FilterPlugin<WantedVolumes> = {
  name: 'NodeVolumeLimits',
  wakeOn: [
    { resource: 'storage.k8s.io/CSINode', actions: ['Add'] },
    { resource: 'storage.k8s.io/CSINode', actions: ['Update'], hint: (_, before, after) => (allowsMore(before as CSINode, after as CSINode) ? 'Queue' : 'Skip') },
    { resource: 'Pod', actions: ['Delete'], hint: (_, before) => (hasPlace(before as Pod) && claimedVolumes(before as Pod).length > 0 ? 'Queue' : 'Skip') },
    { resource: 'PersistentVolumeClaim', actions: ['Add'], hint: (pod, _, after) => (usesClaim(pod, after as PersistentVolumeClaim) ? 'Queue' : 'Skip') },
    { resource: 'storage.k8s.io/VolumeAttachment', actions: ['Delete'], hint: pod => ((pod.spec.volumes ?? []).some(volume => volume.persistentVolumeClaim !== undefined) ? 'Queue' : 'Skip') },
  ], // NL5

  preFilter(pod, { lookups }) {
    return claimedVolumes(pod).length === 0 ? notInterested : interested({ volumes: undefined, lookups })
  },

  filter(state, here, pod) {
    const { lookups } = state
    const volumes = (state.volumes ??= wantedVolumes(pod, lookups))
    if (isRejected(volumes)) return volumes // NL4
    const limits = limitsOf(lookups.csiNode(here.name))
    if (volumes.size === 0 || limits.size === 0) return fits // NL3
    const attached = attachedTo(here, lookups)
    const added = [...volumes].filter(([name]) => !attached.has(name)).map(([, driver]) => driver)
    const isExceeded = added.some(driver => countOf(attached.values(), driver) + countOf(added, driver) > (limits.get(driver) ?? Number.POSITIVE_INFINITY))
    return isExceeded ? rejected('node(s) exceed max volume count', true) : fits // NL1
  },

  cures: (_, here) => [{ kind: 'volume', node: here.name, text: 'a pod with a volume of the same driver has to leave the node, or its CSINode has to allow more' }],
}

function wantedVolumes(pod: Pod, lookups: ClusterLookups): Volumes | Rejected {
  const volumes = new Map<string, string>()
  for (const { volume, claim: name } of claimedVolumes(pod)) {
    const claim = lookups.persistentVolumeClaim(pod.metadata.namespace ?? '', name)
    if (claim === undefined) return rejected(`looking up PVC ${pod.metadata.namespace}/${name}: ${claimNotFound(name)}`, false)
    if (volume.ephemeral !== undefined && !isMadeFor(pod, claim)) throw new Error(notMadeForMessage(pod, claim))
    addVolume(volumes, claim, lookups)
  }
  return volumes
}

function attachedTo(here: NodeView, lookups: ClusterLookups): Volumes {
  const volumes = new Map<string, string>()
  for (const pod of here.podsWithVolumes) {
    for (const { claim: name } of claimedVolumes(pod)) {
      const claim = lookups.persistentVolumeClaim(pod.metadata.namespace ?? '', name)
      if (claim !== undefined) addVolume(volumes, claim, lookups)
    }
  }
  for (const { spec } of lookups.volumeAttachments(here.name)) {
    const handle = lookups.persistentVolume(spec.source.persistentVolumeName ?? '')?.spec.csi?.volumeHandle
    if (spec.attacher !== '' && handle !== undefined) volumes.set(`${spec.attacher}/${handle}`, spec.attacher)
  }
  return volumes
}

function addVolume(volumes: Map<string, string>, claim: PersistentVolumeClaim, lookups: ClusterLookups): void {
  const volume = lookups.persistentVolume(claim.spec.volumeName ?? '')
  if (volume !== undefined) {
    const { csi } = volume.spec
    if (csi !== undefined) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver)
    return
  }
  const driver = lookups.storageClass(storageClassOf(claim))?.provisioner // NL2
  if (driver !== undefined) volumes.set(`${driver}/unbound ${claim.metadata.namespace}/${claim.metadata.name}`, driver)
}

function limitsOf(csiNode: CSINode | undefined): Map<string, number> {
  return new Map((csiNode?.spec.drivers ?? []).flatMap(({ name, allocatable }) => (allocatable?.count === undefined ? [] : [[name, allocatable.count] as const])))
}

function allowsMore(before: CSINode, after: CSINode): boolean {
  const had = limitsOf(before)
  return [...limitsOf(after)].some(([driver, count]) => count > (had.get(driver) ?? 0))
}

function countOf(drivers: Iterable<string>, driver: string): number {
  let count = 0
  for (const other of drivers) if (other === driver) count++
  return count
}
