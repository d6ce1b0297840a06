/**
 * TTL-after-finished controller: deletes finished Jobs when their ttlSecondsAfterFinished has passed.
 *
 * Reads   Jobs          Writes   Jobs (delete, in the foreground)
 * Woken   by Jobs, and by the time
 *
 *   TT1  Time runs from when the condition Complete or Failed turned true.
 *   TT2  The Job is read live before it is deleted: its TTL may have just been raised.
 */
import type { Job } from '../../../../api/groups/batch-v1/types.ts'
import { jobs } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'

export const ttlAfterFinishedController: Controller = { name: 'ttl-after-finished-controller', reconciles: jobs, rehearse: 'reconcile', reconcile }

function expiresAtMs(job: Job): number | undefined { // TT1
  const { ttlSecondsAfterFinished } = job.spec
  const finished = job.status.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
  if (ttlSecondsAfterFinished === undefined || finished?.lastTransitionTime === undefined || job.metadata.deletionTimestamp !== undefined) return undefined
  return Date.parse(finished.lastTransitionTime) + ttlSecondsAfterFinished * 1_000
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const job = deps.cache.get(jobs, key)
  const atMs = job === undefined ? undefined : expiresAtMs(job)
  if (job === undefined || atMs === undefined) return done
  const leftMs = atMs - deps.clock.now()
  if (leftMs > 0) return again(leftMs)
  try {
    const live = await deps.client.get(jobs, key, signal) // TT2
    const liveAtMs = expiresAtMs(live)
    if (live.metadata.uid !== job.metadata.uid || liveAtMs === undefined || liveAtMs > deps.clock.now()) return done
    await deps.client.delete(jobs, key, { propagationPolicy: 'Foreground', preconditions: { uid: live.metadata.uid, resourceVersion: live.metadata.resourceVersion } }, signal)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return done
}
