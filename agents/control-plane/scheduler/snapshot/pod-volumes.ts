/**
 * The claims behind a pod's volumes.
 *
 *   PV1  The claim of a generic ephemeral volume has to be owned by the pod; another of the same name is not its own.
 */
import type { PersistentVolumeClaim, Pod, Volume } from '../../../api/groups/core-v1/types.ts'
import { claimOf } from './pod-facts.ts'

export interface ClaimedVolume {
  readonly volume: Volume
  readonly claim: string
}

export function claimedVolumes(pod: Pod): ClaimedVolume[] {
  return (pod.spec.volumes ?? []).flatMap(volume => {
    const claim = claimOf(pod, volume)
    return claim === undefined ? [] : [{ volume, claim }]
  })
}

export function usesClaim(pod: Pod, { metadata }: PersistentVolumeClaim): boolean {
  return metadata.namespace === pod.metadata.namespace && claimedVolumes(pod).some(({ claim }) => claim === metadata.name)
}

/** PV1 */
export function isMadeFor(pod: Pod, claim: PersistentVolumeClaim): boolean {
  return claim.metadata.namespace === pod.metadata.namespace && (claim.metadata.ownerReferences ?? []).some(owner => owner.controller === true && owner.uid === pod.metadata.uid)
}

export function notMadeForMessage(pod: Pod, claim: PersistentVolumeClaim): string {
  return `PVC ${claim.metadata.namespace}/${claim.metadata.name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`
}

export function claimNotFound(name: string): string {
  return `persistentvolumeclaim ${JSON.stringify(name)} not found`
}
