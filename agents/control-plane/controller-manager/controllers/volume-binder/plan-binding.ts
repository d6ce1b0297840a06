/**
 * Which volume a claim gets. Pure. Upstream: pkg/controller/volume/persistentvolume/index.go, component-helpers
 * storage/volume.FindMatchingVolume.
 *
 *   VB1  A usable volume with the access modes asked for whose claimRef names the claim is its own, whatever else is free.
 *   VB2  Otherwise one of the free ones that are asked for (api/volumes): of those with the fewest access modes, for that is
 *        closest to what was asked for, the smallest. Whether it is called Available yet does not matter: that word is the
 *        binder's own, and volumes made together with the claim have not got it yet.
 *   VB3  A class that waits for the first consumer leaves free volumes to the scheduler: here the claim gets its own or none.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { hasAccessModes, isAskedFor, isPromisedTo, isUsable, smallestFirst } from '../../../../api/volumes/volume-fit.ts'

export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node'

export function planVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[], waitsForConsumer = false): PersistentVolume | undefined {
  const usable = volumes.filter(volume => isUsable(volume, claim) && hasAccessModes(volume, claim))
  const own = usable.find(volume => isPromisedTo(volume, claim)) // VB1
  if (own !== undefined || waitsForConsumer) return own // VB3
  return usable.filter(volume => isAskedFor(volume, claim)).sort(closestFirst)[0] // VB2
}

function closestFirst(a: PersistentVolume, b: PersistentVolume): number {
  const modes = ({ spec }: PersistentVolume): number => new Set(spec.accessModes).size
  return modes(a) - modes(b) || smallestFirst(a, b)
}
