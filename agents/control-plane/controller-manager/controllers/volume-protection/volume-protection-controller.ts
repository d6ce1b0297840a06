/**
 * PV protection: a volume that is bound to a claim goes only when the claim has gone.
 *
 * Reads   PersistentVolumes          Writes   PersistentVolumes (finalizer)
 * Woken   by volumes
 *
 *   VP1  A volume that is not being deleted carries the finalizer kubernetes.io/pv-protection.
 *   VP2  It is taken off a volume that is being deleted and not Bound.
 */
import { persistentVolumes } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { protect } from '../../volumes/protection.ts'

const finalizer = 'kubernetes.io/pv-protection'

export const volumeProtectionController: Controller = { name: 'persistentvolume-protection-controller', reconciles: persistentVolumes, rehearse: 'reconcile', reconcile }

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const volume = deps.cache.get(persistentVolumes, key)
  if (volume === undefined) return done
  await protect(persistentVolumes, volume, finalizer, () => volume.status.phase !== 'Bound', deps.client, signal) // VP1, VP2
  return done
}
