/**
 * Which volume a claim gets. Pure.
 *
 *   VB1  A volume whose claimRef names the claim is its own, whatever else is free.
 *   VB2  Otherwise a free volume of the same storage class, with all access modes, the same volume mode, matching labels
 *        and enough capacity; of those the smallest, then the first by name.
 *   VB3  A class that waits for the first consumer leaves the claim alone until a node was selected for it.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { quantityValue } from '../../../../api/schema/quantity.ts'
import { matchesLabelSelector } from '../../../../machinery/label-selector.ts'

export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node'
const capacityOf = (volume: PersistentVolume): bigint => quantityValue(volume.spec.capacity?.['storage'] ?? '0')
const classOf = (object: { spec: { storageClassName?: string } }): string => object.spec.storageClassName ?? ''

export function isClaimOf(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const reference = volume.spec.claimRef
  return reference !== undefined && reference.name === claim.metadata.name && reference.namespace === claim.metadata.namespace && (reference.uid === undefined || reference.uid === '' || reference.uid === claim.metadata.uid)
}

export function planVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  const own = volumes.find(volume => isClaimOf(volume, claim) && volume.metadata.deletionTimestamp === undefined) // VB1
  if (own !== undefined) return own
  const wanted = quantityValue(claim.spec.resources?.requests?.['storage'] ?? '0')
  return volumes
    .filter(volume => volume.spec.claimRef === undefined && volume.metadata.deletionTimestamp === undefined && classOf(volume) === classOf(claim)
      && (claim.spec.accessModes ?? []).every(mode => volume.spec.accessModes?.includes(mode) === true)
      && (volume.spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem')
      && (claim.spec.selector === undefined || matchesLabelSelector(claim.spec.selector, volume.metadata.labels)) && capacityOf(volume) >= wanted)
    .sort((a, b) => Number(capacityOf(a) - capacityOf(b)) || (a.metadata.name < b.metadata.name ? -1 : 1))[0] // VB2
}
