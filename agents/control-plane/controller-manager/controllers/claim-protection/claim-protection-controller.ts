/**
 * PVC protection: a claim that Pods use goes only when the last of them has finished or gone.
 *
 * Reads   PersistentVolumeClaims, Pods          Writes   PersistentVolumeClaims (finalizer)
 * Woken   by claims, and by Pods that use them when they come, finish or go
 *
 *   PP1  A claim that is not being deleted carries the finalizer kubernetes.io/pvc-protection.
 *   PP2  Before it is taken off, Pods are listed live: one may have been made a moment ago. Only Pods that are on a node
 *        and not finished hold a claim.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { persistentVolumeClaims, pods } from '../../../../api/resources.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyText } from '../../../../machinery/object-key.ts'
import { isFinished } from '../../pods/pod-state.ts'
import { claimKeysOf, podsOfClaim, withClaimIndex } from '../../volumes/pods-of-claim.ts'
import { protect } from '../../volumes/protection.ts'

const finalizer = 'kubernetes.io/pvc-protection'

export const claimProtectionController: Controller = {
  name: 'persistentvolumeclaim-protection-controller',
  reconciles: persistentVolumeClaims,
  alsoWokenBy: [wokenBy(pods, ({ type, object }) => (type === 'deleted' || isFinished(object) ? claimKeysOf(object) : []))],
  prepare: withClaimIndex,
  rehearse: 'reconcile',
  reconcile,
}

const holds = (pod: Pod): boolean => (pod.spec.nodeName ?? '') !== '' && !isFinished(pod)

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const claim = deps.cache.get(persistentVolumeClaims, key)
  if (claim === undefined) return done
  const isFree = async (): Promise<boolean> => !podsOfClaim(deps.cache, key).some(holds) && !(await isUsedLive(key, deps, signal)) // PP2
  await protect(persistentVolumeClaims, claim, finalizer, isFree, deps.client, signal) // PP1
  return done
}

async function isUsedLive(key: ObjectKey, { client }: ReconcileDeps, signal: AbortSignal): Promise<boolean> {
  const { items } = await client.list(pods, { namespace: key.namespace! }, signal)
  return items.some(pod => holds(pod) && claimKeysOf(pod).some(claim => keyText(claim) === keyText(key)))
}
