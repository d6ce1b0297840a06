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
import { isNotFound } from '../../../../machinery/status-error.ts'

const finalizer = 'kubernetes.io/pv-protection'

export const volumeProtectionController: Controller = { name: 'persistentvolume-protection-controller', reconciles: persistentVolumes, reconcile }

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const volume = deps.cache.get(persistentVolumes, key)
  if (volume === undefined) return done
  const { finalizers = [], deletionTimestamp } = volume.metadata
  const isProtected = finalizers.includes(finalizer)
  const next = deletionTimestamp === undefined ? [...finalizers, finalizer] : finalizers.filter(one => one !== finalizer)
  if (deletionTimestamp === undefined ? isProtected : !isProtected || volume.status.phase === 'Bound') return done // VP1, VP2
  try {
    await deps.client.update(persistentVolumes, { ...volume, metadata: { ...volume.metadata, finalizers: next } }, {}, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return done
}
