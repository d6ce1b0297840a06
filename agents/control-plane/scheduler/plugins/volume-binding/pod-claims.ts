/**
 * A pod's claims, sorted by what scheduling has to do about them. Upstream: volumebinding.GetPodVolumeClaims.
 *
 *   PC1  Bound: the claim names a volume and the binder has finished (bind-completed).
 *   PC2  Waiting for a consumer: its class says WaitForFirstConsumer and it names no volume. A class that does not exist
 *        (yet) does not wait.
 *   PC3  Everything else should have been bound already and is waited for.
 *   PC4  A claim that is missing, lost, going away or of another pod rejects the pod, in upstream's words.
 */
import type { PersistentVolumeClaim, Pod } from '../../../../api/groups/core-v1/types.ts'
import { storageClassOf } from '../../../../api/volumes/volume-fit.ts'
import type { Rejected } from '../../framework/verdict.ts'
import { rejected } from '../../framework/verdict.ts'
import type { ClusterLookups } from '../../snapshot/cluster.ts'
import { claimNotFound, claimedVolumes, isMadeFor, notMadeForMessage } from '../../snapshot/pod-volumes.ts'

export const bindCompleted = 'pv.kubernetes.io/bind-completed'

export interface PodClaims {
  readonly bound: readonly PersistentVolumeClaim[]
  readonly delayed: readonly PersistentVolumeClaim[]
  readonly immediate: readonly PersistentVolumeClaim[]
}

export function claimKey({ metadata: { namespace, name } }: PersistentVolumeClaim): string {
  return `${namespace}/${name}`
}

/** PC1 */
export function isFullyBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  return (spec.volumeName ?? '') !== '' && metadata.annotations?.[bindCompleted] !== undefined
}

/** PC4: null when the pod's claims can be thought about. */
export function claimFault(pod: Pod, lookups: ClusterLookups): Rejected | null {
  for (const { volume, claim: name } of claimedVolumes(pod)) {
    const claim = lookups.persistentVolumeClaim(pod.metadata.namespace ?? '', name)
    if (claim === undefined) return rejected(volume.ephemeral === undefined ? claimNotFound(name) : `waiting for ephemeral volume controller to create the persistentvolumeclaim ${JSON.stringify(name)}`, false)
    if (claim.status.phase === 'Lost') return rejected(`persistentvolumeclaim ${JSON.stringify(name)} bound to non-existent persistentvolume ${JSON.stringify(claim.spec.volumeName ?? '')}`, false)
    if (claim.metadata.deletionTimestamp !== undefined) return rejected(`persistentvolumeclaim ${JSON.stringify(name)} is being deleted`, false)
    if (volume.ephemeral !== undefined && !isMadeFor(pod, claim)) return rejected(notMadeForMessage(pod, claim), false)
  }
  return null
}

/** `claimOf` gives claims as assumed. */
export function sortClaims(pod: Pod, lookups: ClusterLookups, claimOf: (namespace: string, name: string) => PersistentVolumeClaim | undefined): PodClaims {
  const bound: PersistentVolumeClaim[] = []
  const delayed: PersistentVolumeClaim[] = []
  const immediate: PersistentVolumeClaim[] = []
  for (const { claim: name } of claimedVolumes(pod)) {
    const claim = claimOf(pod.metadata.namespace ?? '', name)
    if (claim === undefined) throw new Error(`error getting PVC ${JSON.stringify(`${pod.metadata.namespace}/${name}`)}: ${claimNotFound(name)}`)
    if (isFullyBound(claim)) bound.push(claim)
    else if (waits(claim, lookups) && (claim.spec.volumeName ?? '') === '') delayed.push(claim) // PC2
    else immediate.push(claim) // PC3
  }
  return { bound, delayed, immediate }
}

function waits(claim: PersistentVolumeClaim, lookups: ClusterLookups): boolean {
  const name = storageClassOf(claim)
  const found = name === '' ? undefined : lookups.storageClass(name)
  if (found !== undefined && found.volumeBindingMode === undefined) throw new Error(`VolumeBindingMode not set for StorageClass ${JSON.stringify(name)}`)
  return found?.volumeBindingMode === 'WaitForFirstConsumer'
}
