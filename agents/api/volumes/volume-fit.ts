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
 *   VF6  A volume that the claim names itself must have what it asks for too, but labels; why not is told in upstream's words.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../groups/core-v1/types.ts'
import { quantityValue } from '../schema/quantity.ts'
import { matchesLabelSelector } from '../selectors/label-selector.ts'

const betaClass = 'volume.beta.kubernetes.io/storage-class'

/** VF5. '' for none. */
export function storageClassOf({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string {
  return metadata.annotations?.[betaClass] ?? spec.storageClassName ?? ''
}

/** '' is a class too: none, said on purpose. */
export function namesClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[betaClass] !== undefined || spec.storageClassName !== undefined
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
    modeOf(volume) === modeOf(claim) &&
    attributesClassOf(volume) === attributesClassOf(claim)
  )
}

export function hasAccessModes(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (claim.spec.accessModes ?? []).every(mode => volume.spec.accessModes?.includes(mode) === true)
}

const modeOf = ({ spec }: PersistentVolume | PersistentVolumeClaim): string => spec.volumeMode ?? 'Filesystem'
const attributesClassOf = ({ spec }: PersistentVolume | PersistentVolumeClaim): string => spec.volumeAttributesClassName ?? ''

/** VF6. Undefined for one that will do. */
export function whyUnsatisfied(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp !== undefined) return `the volume is marked for deletion ${JSON.stringify(volume.metadata.name)}`
  if (storageOf(volume.spec.capacity) < storageOf(claim.spec.resources?.requests)) return 'requested PV is too small'
  if (storageClassOf(volume) !== storageClassOf(claim)) return 'storageClassName does not match'
  if (attributesClassOf(volume) !== attributesClassOf(claim)) return 'volumeAttributesClassName does not match'
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode'
  return hasAccessModes(volume, claim) ? undefined : 'incompatible accessMode'
}

/** VF3, of a usable volume. */
export function isAskedFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    storageClassOf(volume) === storageClassOf(claim) &&
    hasAccessModes(volume, claim) &&
    (claim.spec.selector === undefined || matchesLabelSelector(claim.spec.selector, volume.metadata.labels))
  )
}

/** VF4 */
export function smallestFirst(a: PersistentVolume, b: PersistentVolume): number {
  return Number(storageOf(a.spec.capacity) - storageOf(b.spec.capacity)) || (a.metadata.name < b.metadata.name ? -1 : 1)
}
