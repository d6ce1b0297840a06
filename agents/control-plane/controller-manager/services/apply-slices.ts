/** Carries out a plan for the EndpointSlices of one owner, counting creates against its expectations. */
import type { EndpointSlice } from '../../../api/groups/discovery-v1/types.ts'
import { endpointSlices } from '../../../api/resources.ts'
import type { Draft } from '../../../api/resources.ts'
import type { ReconcileDeps } from '../../../machinery/controller.ts'
import { keyOf } from '../../../machinery/object-key.ts'
import { isNotFound } from '../../../machinery/status-error.ts'
import type { SlicesPlan } from './plan-slices.ts'

export const serviceNameLabel = 'kubernetes.io/service-name'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'

export async function applySlices(ownerUid: string, plans: readonly { readonly plan: SlicesPlan; readonly draft: (group: SlicesPlan['create'][number]) => Draft<EndpointSlice> }[], deps: ReconcileDeps, signal: AbortSignal): Promise<void> {
  const creates = plans.flatMap(({ plan, draft }) => plan.create.map(draft))
  const updates = plans.flatMap(({ plan }) => plan.update)
  const removes = plans.flatMap(({ plan }) => plan.remove)
  if (creates.length + updates.length + removes.length === 0) return
  deps.expectations.expect(ownerUid, creates.length, removes.map(slice => slice.metadata.uid))
  const results = await Promise.allSettled([
    ...creates.map(draft => deps.client.create(endpointSlices, draft, {}, signal).catch((error: unknown) => {
      deps.expectations.forgoCreates(ownerUid, 1)
      throw error
    })),
    ...updates.map(slice => deps.client.update(endpointSlices, slice, {}, signal)),
    ...removes.map(slice => deps.client.delete(endpointSlices, keyOf(slice), { preconditions: { uid: slice.metadata.uid } }, signal).catch((error: unknown) => {
      deps.expectations.forgoDelete(ownerUid, slice.metadata.uid)
      if (!isNotFound(error)) throw error
    })),
  ])
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason as Error
  deps.log.debug('endpoint slices written', { created: creates.length, updated: updates.length, deleted: removes.length })
}
