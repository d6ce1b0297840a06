/**
 * Which volumes a claim may get, as the binder and the scheduler both have to judge it: what one of them promises the
 * other must keep. Upstream: component-helpers/storage/volume.FindMatchingVolume.
 *
 *   VF1  A volume whose claimRef names the claim, with its uid or none, is promised to it.
 *   VF2  Promised or not, a volume needs room enough, the volume mode and attributes class asked for, must not be on its
 *        way out and not be promised to another.
 *   VF3  One that is not promised must be of the class, and have the access modes and labels asked for.
 *   VF4  Of those the smallest is best, of equal ones the first by name.
 *   VF5  The class of a claim or volume is its beta annotation, when there is one, or its storageClassName.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../groups/core-v1/types.ts'
import { quantityValue } from '../schema/quantity.ts'
import { matchesLabelSelector } from '../selectors/label-selector.ts'

const betaClass = 'volume.beta.kubernetes.io/storage-class'

/** VF5. '' for none. */
export function storageClassOf({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string {
  return metadata.annotations?.[betaClass] ?? spec.storageClassName ?? ''
}

/** Bytes of a volume's capacity, or of a claim's requests. */
export function storageOf(quantities: Readonly<Record<string, string>> | undefined): bigint {
  return quantityValue(quantities?.['storage'] ?? '0')
}

/** VF1 */
export function isPromisedTo({ spec: { claimRef } }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  if (claimRef === undefined || claimRef.name !== metadata.name || claimRef.namespace !== metadata.namespace) return false
  return (claimRef.uid ?? '') === '' || claimRef.uid === metadata.uid
}

/** VF2 */
export function isUsable(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec, metadata } = volume
  return (
    (spec.claimRef === undefined || isPromisedTo(volume, claim)) &&
    metadata.deletionTimestamp === undefined &&
    storageOf(spec.capacity) >= storageOf(claim.spec.resources?.requests) &&
    (spec.volumeMode ?? 'Filesystem') === (claim.spec.volumeMode ?? 'Filesystem') &&
    (spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '')
  )
}

/** VF3, of a usable volume. */
export function isAskedFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    storageClassOf(volume) === storageClassOf(claim) &&
    (claim.spec.accessModes ?? []).every(mode => volume.spec.accessModes?.includes(mode) === true) &&
    (claim.spec.selector === undefined || matchesLabelSelector(claim.spec.selector, volume.metadata.labels))
  )
}

/** VF4 */
export function smallestFirst(a: PersistentVolume, b: PersistentVolume): number {
  return Number(storageOf(a.spec.capacity) - storageOf(b.spec.capacity)) || (a.metadata.name < b.metadata.name ? -1 : 1)
}
