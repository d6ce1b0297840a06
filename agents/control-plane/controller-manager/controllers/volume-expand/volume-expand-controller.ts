/**
 * Expand controller: tells the owner of a claim that grows who makes its volume grow. No volume plugin inside Kubernetes 1.36
 * can expand one: CSI drivers do it by their own resizer, and say so in the claim's status.
 *
 * Reads   PersistentVolumeClaims, PersistentVolumes          Writes   events
 * Woken   by claims that ask for more than they have
 *
 *   EX1  A claim is waited for only if it is bound to a volume that is bound to it and asks for more than its status says.
 */
import type { PersistentVolumeClaim } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, persistentVolumes } from '../../../../api/resources.ts'
import { compareQuantities } from '../../../../api/schema/quantity.ts'
import type { Controller } from '../../../../machinery/controller.ts'
import { done } from '../../../../machinery/controller.ts'

function grows({ spec, status, metadata }: PersistentVolumeClaim): boolean {
  const asked = spec.resources?.requests?.['storage']
  const has = status.capacity?.['storage']
  return metadata.deletionTimestamp === undefined && status.phase === 'Bound' && asked !== undefined && has !== undefined && compareQuantities(asked, has) > 0
}

export const volumeExpandController: Controller = {
  name: 'persistentvolume-expander-controller',
  reconciles: persistentVolumeClaims,
  reads: [persistentVolumes],
  ignores: ({ object, previous }) => !grows(object as PersistentVolumeClaim) || (previous !== undefined && (previous as PersistentVolumeClaim).spec.resources?.requests?.['storage'] === (object as PersistentVolumeClaim).spec.resources?.requests?.['storage']),
  rehearse: 'reconcile',
  async reconcile(key, { cache, events }) {
    const claim = cache.get(persistentVolumeClaims, key)
    const volume = cache.get(persistentVolumes, { name: claim?.spec.volumeName ?? '' })
    if (claim !== undefined && grows(claim) && volume?.spec.claimRef?.uid === claim.metadata.uid) events.event(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC') // EX1
    await Promise.resolve()
    return done
  },
}
