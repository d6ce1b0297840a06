/**
 * Which volume a claim gets. Pure.
 *
 *   VB1  A usable volume whose claimRef names the claim is its own, whatever else is free.
 *   VB2  Otherwise the smallest free one that is asked for (api/volumes), whether it is called Available yet or not: that
 *        word is the binder's own, and a volume made together with the claim has not got it yet.
 *   VB3  A class that waits for the first consumer leaves the claim alone until a node was selected for it.
 */
import type { PersistentVolume, PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { isAskedFor, isPromisedTo, isUsable, smallestFirst } from '../../../../api/volumes/volume-fit.ts'

export const selectedNodeAnnotation = 'volume.kubernetes.io/selected-node'

export function planVolume(claim: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): PersistentVolume | undefined {
  const usable = volumes.filter(volume => isUsable(volume, claim))
  const own = usable.find(volume => isPromisedTo(volume, claim)) // VB1
  return own ?? usable.filter(volume => isAskedFor(volume, claim)).sort(smallestFirst)[0] // VB2
}
