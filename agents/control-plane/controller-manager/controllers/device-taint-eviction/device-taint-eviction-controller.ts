/**
 * Device taint eviction controller: deletes Pods that use devices whose NoExecute taints their claims do not tolerate (any longer).
 *
 * Reads   Pods, ResourceClaims, ResourceSlices          Writes   Pods (status condition DisruptionTarget, delete), events
 * Woken   by Pods with claims, by claims that are allocated or reserved, and by slices whose taints change
 *
 *   DE4  The time is plan-device-eviction's; it is derived from the objects alone, so a restart of this process changes nothing.
 *   DE5  A Pod first gets the condition DisruptionTarget, then is deleted with its own grace period.
 *   DE6  A Pod being deleted or finished is left alone. If the taint goes in time, so does the eviction.
 *   DE7  Of a pool only the slices of its newest generation count.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { Device, DeviceRequestAllocationResult, ResourceClaim, ResourceSlice } from '../../../../api/groups/resource-v1/types.ts'
import { pods, resourceClaims, resourceSlices } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import type { Caches } from '../../../../machinery/caches.ts'
import type { Controller, Outcome, ReconcileDeps } from '../../../../machinery/controller.ts'
import { again, done, wokenBy } from '../../../../machinery/controller.ts'
import type { ObjectKey } from '../../../../machinery/object-key.ts'
import { keyText } from '../../../../machinery/object-key.ts'
import { isNotFound } from '../../../../machinery/status-error.ts'
import { isEqualJson } from '../../pods/canonical.ts'
import { isActive } from '../../pods/pod-state.ts'
import { deviceEvictionTimeMs } from './plan-device-eviction.ts'

const poolIndex = 'claims by pool'
const sliceIndex = 'slices by pool'
const poolName = (driver: string, pool: string): string => `${driver} ${pool}`

export const deviceTaintEvictionController: Controller = {
  name: 'device-taint-eviction-controller',
  reconciles: pods,
  ignores: ({ type, object }) => type === 'deleted' || ((object as Pod).spec.resourceClaims ?? []).length === 0,
  alsoWokenBy: [
    wokenBy(resourceClaims, ({ type, object, previous }) => (type === 'deleted' || (previous !== undefined && isEqualJson([object.status?.allocation, object.status?.reservedFor], [previous.status?.allocation, previous.status?.reservedFor])) ? [] : consumersOf(object))),
    wokenBy(resourceSlices, ({ object, previous }, caches) => {
      if (previous !== undefined && isEqualJson(taintsOf(object), taintsOf(previous)) && object.spec.pool.generation === previous.spec.pool.generation) return []
      return caches.of(resourceClaims).byIndex(poolIndex, poolName(object.spec.driver, object.spec.pool.name)).flatMap(consumersOf)
    }),
  ],
  prepare: caches => {
    caches.of(resourceClaims).addIndex(poolIndex, ({ status }) => [...new Set((status?.allocation?.devices?.results ?? []).map(({ driver, pool }) => poolName(driver, pool)))])
    caches.of(resourceSlices).addIndex(sliceIndex, ({ spec }) => [poolName(spec.driver, spec.pool.name)])
  },
  reconcile,
}

function taintsOf({ spec }: ResourceSlice): unknown {
  return (spec.devices ?? []).filter(({ taints = [] }) => taints.length > 0).map(({ name, taints }) => [name, taints])
}

function consumersOf({ metadata: { namespace }, status }: ResourceClaim): ObjectKey[] {
  return (status?.reservedFor ?? []).filter(({ apiGroup = '', resource }) => apiGroup === '' && resource === 'pods').map(({ name }) => ({ namespace: namespace!, name }))
}

async function reconcile(key: ObjectKey, deps: ReconcileDeps, signal: AbortSignal): Promise<Outcome> {
  const { cache, client, clock, events, log } = deps
  const pod = cache.get(pods, key)
  if (pod === undefined || !isActive(pod)) return done // DE6
  const nowMs = clock.now()
  const atMs = deviceEvictionTimeMs(pod, claimsOf(pod, cache), result => deviceOf(result, cache)) // DE4
  if (atMs === undefined) return done
  if (atMs > nowMs) return again(Math.max(1, atMs - nowMs))
  events.event(pod, 'Normal', 'DeviceTaintManagerEviction', 'Marking for deletion')
  try {
    const condition = { type: 'DisruptionTarget', status: 'True', reason: 'DeletionByDeviceTaintManager', message: 'Device Taint manager: deleting due to NoExecute taint', lastTransitionTime: timeText(nowMs), ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }) }
    const conditions = [...(pod.status.conditions ?? []).filter(({ type }) => type !== 'DisruptionTarget'), condition]
    await client.update(pods, { ...pod, status: { ...pod.status, conditions } }, { subresource: 'status' }, signal) // DE5
    await client.delete(pods, key, { preconditions: { uid: pod.metadata.uid } }, signal)
    log.info('pod evicted from tainted device', { pod: keyText(key) })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  return done
}

function claimsOf({ metadata: { namespace }, spec, status }: Pod, cache: Caches): readonly ResourceClaim[] {
  const names = (spec.resourceClaims ?? []).map(({ name, resourceClaimName }) => resourceClaimName ?? status.resourceClaimStatuses?.find(each => each.name === name)?.resourceClaimName)
  return names.flatMap(name => (name === undefined ? [] : (cache.get(resourceClaims, { namespace: namespace!, name }) ?? [])))
}

/** DE7 */
function deviceOf({ driver, pool, device }: DeviceRequestAllocationResult, cache: Caches): Device | undefined {
  const slices = cache.of(resourceSlices).byIndex(sliceIndex, poolName(driver, pool))
  const newest = Math.max(...slices.map(({ spec }) => spec.pool.generation))
  return slices.filter(({ spec }) => spec.pool.generation === newest).flatMap(({ spec }) => spec.devices ?? []).find(({ name }) => name === device)
}
