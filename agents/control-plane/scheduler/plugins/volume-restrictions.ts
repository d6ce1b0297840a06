/**
 * VolumeRestrictions: disks that cannot be mounted twice, and claims for one pod only.
 *
 *   VR1  A GCE disk, iSCSI target or RBD image on the node conflicts unless every user mounts it read-only; an AWS disk
 *        always conflicts. RBD images are the same with one monitor in common, the pool and the image.
 *   VR2  A ReadWriteOncePod claim that another placed pod uses rejects on every node; evicting that pod cures.
 *   VR3  A claim that does not exist rejects the pod for all nodes.
 *   VR4  Helps: a pod of the namespace that goes and held such a disk or used one of the claims; a claim of the pod that is
 *        made; a new node.
 */
import type { PersistentVolumeClaim, Pod, Volume } from '../../../api/groups/core-v1/types.ts'
import type { FilterPlugin, PreFilterPlugin } from '../framework/plugin.ts'
import { fits, interested, notInterested, rejected } from '../framework/verdict.ts'
import { podFacts } from '../snapshot/pod-facts.ts'
import { claimNotFound } from '../snapshot/pod-volumes.ts'

export interface RestrictedVolumes {
  readonly disks: readonly Volume[]
  /** ReadWriteOncePod claims. */
  readonly exclusive: ReadonlySet<string>
  /** Uses of them by placed pods, those imagined gone left out. */
  users: number
}

export const volumeRestrictions: PreFilterPlugin<RestrictedVolumes> & FilterPlugin<RestrictedVolumes> = {
  name: 'VolumeRestrictions',
  wakeOn: [
    { resource: 'Pod', actions: ['Delete'], hint: (pod, before) => (heldVolumeOf(pod, before as Pod) ? 'Queue' : 'Skip') },
    { resource: 'Node', actions: ['Add'] },
    { resource: 'PersistentVolumeClaim', actions: ['Add'], hint: (pod, _, after) => (refersTo(pod, after as PersistentVolumeClaim) ? 'Queue' : 'Skip') },
  ], // VR4

  preFilter(pod, { lookups, claimUsers }) {
    const namespace = pod.metadata.namespace ?? ''
    const exclusive = new Set<string>()
    for (const name of podFacts(pod).claims) {
      const claim = lookups.persistentVolumeClaim(namespace, name)
      if (claim === undefined) return rejected(claimNotFound(name), false) // VR3
      if (claim.spec.accessModes?.includes('ReadWriteOncePod') === true) exclusive.add(name)
    }
    const disks = (pod.spec.volumes ?? []).filter(isRestricted)
    const users = [...exclusive].filter(name => claimUsers.count(namespace, name) > 0).length
    return disks.length === 0 && users === 0 ? notInterested : interested({ disks, exclusive, users })
  },

  preFilterExtensions: {
    clone: state => ({ ...state }),
    addPod: (state, pod, added) => { state.users += usesOf(state, pod, added) },
    removePod: (state, pod, removed) => { state.users -= usesOf(state, pod, removed) },
  },

  filter({ disks, users }, here) {
    for (const other of disks.length === 0 ? [] : here.podsWithVolumes) if (disks.some(disk => conflicts(disk, other))) return rejected('node(s) had no available disk', true) // VR1
    return users > 0 ? rejected('node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod', true) : fits // VR2
  },

  cures: ({ disks, exclusive, users }, here) => [
    ...(users > 0 ? [...exclusive].map(claim => ({ kind: 'volume' as const, claim, text: 'the other pod that uses this ReadWriteOncePod claim has to go' })) : []),
    ...disks.filter(disk => [...here.podsWithVolumes].some(other => conflicts(disk, other))).map(({ name }) => ({ kind: 'volume' as const, node: here.name, text: `the pod on this node that mounts the disk of volume ${name} has to go` })),
  ],
}

function usesOf({ exclusive }: RestrictedVolumes, pod: Pod, other: Pod): number {
  return other.metadata.namespace === pod.metadata.namespace ? podFacts(other).claims.filter(claim => exclusive.has(claim)).length : 0
}

function isRestricted({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean {
  return [gcePersistentDisk, awsElasticBlockStore, rbd, iscsi].some(source => source !== undefined)
}

function conflicts(disk: Volume, other: Pod): boolean {
  return (other.spec.volumes ?? []).some(there => isSameGceDisk(disk, there) || isSameAwsDisk(disk, there) || isSameTarget(disk, there) || isSameImage(disk, there))
}

function isSameGceDisk({ gcePersistentDisk: a }: Volume, { gcePersistentDisk: b }: Volume): boolean {
  return a !== undefined && b !== undefined && a.pdName === b.pdName && !areReadOnly(a, b)
}

function isSameAwsDisk({ awsElasticBlockStore: a }: Volume, { awsElasticBlockStore: b }: Volume): boolean {
  return a !== undefined && b !== undefined && a.volumeID === b.volumeID
}

function isSameTarget({ iscsi: a }: Volume, { iscsi: b }: Volume): boolean {
  return a !== undefined && b !== undefined && a.iqn === b.iqn && !areReadOnly(a, b)
}

function isSameImage({ rbd: a }: Volume, { rbd: b }: Volume): boolean {
  if (a === undefined || b === undefined || areReadOnly(a, b)) return false
  return a.monitors.some(monitor => b.monitors.includes(monitor)) && (a.pool ?? 'rbd') === (b.pool ?? 'rbd') && a.image === b.image
}

function areReadOnly(a: { readonly readOnly?: boolean }, b: { readonly readOnly?: boolean }): boolean {
  return a.readOnly === true && b.readOnly === true
}

function heldVolumeOf(pod: Pod, gone: Pod): boolean {
  if (gone.metadata.namespace !== pod.metadata.namespace) return false
  return (pod.spec.volumes ?? []).some(volume => isRestricted(volume) && conflicts(volume, gone)) || podFacts(gone).claims.some(claim => podFacts(pod).claims.includes(claim))
}

function refersTo(pod: Pod, claim: PersistentVolumeClaim): boolean {
  return claim.metadata.namespace === pod.metadata.namespace && podFacts(pod).claims.includes(claim.metadata.name)
}
