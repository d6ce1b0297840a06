/**
 * Writes into a claim what was found for it and for whom. Upstream: plugins/dynamicresources bindClaim.
 *
 *   BC1  The finalizer that keeps the claim until its devices are given back is written before the devices.
 *   BC2  A claim that was changed meanwhile is read again; one that was deleted, allocated or deallocated meanwhile is a fault.
 *   BC4  An allocation is written once, with the time; afterwards it never changes.
 *   BC3  A reservation is taken back from the claim as it is then: its driver may have written to it meanwhile.
 */
import type { Pod } from '../../../api/groups/core-v1/types.ts'
import type { AllocationResult, ResourceClaim, ResourceClaimConsumerReference } from '../../../api/groups/resource-v1/types.ts'
import { resourceClaims } from '../../../api/resources.ts'
import type { Clock } from '../../../base/clock.ts'
import { timeText } from '../../../base/clock.ts'
import type { Client } from '../../../machinery/client.ts'
import { isConflict } from '../../../machinery/status-error.ts'
import { claimName } from './claim-name.ts'

export const claimFinalizer = 'resource.kubernetes.io/delete-protection'
const mostConflicts = 4

export interface BindDeps {
  readonly client: Client
  readonly clock: Clock
}

/** `found` is undefined for a claim that has its devices already. Answers the claim as it is then. */
export async function bindClaim(known: ResourceClaim, found: AllocationResult | undefined, pod: Pod, deps: BindDeps, signal: AbortSignal): Promise<ResourceClaim> {
  return onFreshClaim(known, deps.client, signal, claim => writeClaim(claim, found, pod, deps, signal))
}

/** BC3 */
export async function releaseClaim(known: ResourceClaim, pod: Pod, client: Client, signal: AbortSignal): Promise<void> {
  await onFreshClaim(known, client, signal, async claim => (isReservedFor(claim, pod) ? client.update(resourceClaims, withConsumers(claim, claim.status!.reservedFor!.filter(({ uid }) => uid !== pod.metadata.uid)), { subresource: 'status' }, signal) : claim))
}

/** BC2 */
export async function onFreshClaim(known: ResourceClaim, client: Client, signal: AbortSignal, write: (claim: ResourceClaim) => Promise<ResourceClaim>): Promise<ResourceClaim> {
  let claim = known
  for (let conflicts = 0; ; conflicts++) {
    try {
      return await write(claim)
    } catch (error) {
      if (!isConflict(error) || conflicts >= mostConflicts) throw error
      claim = await client.get(resourceClaims, { namespace: known.metadata.namespace!, name: known.metadata.name }, signal)
    }
  }
}

async function writeClaim(claim: ResourceClaim, found: AllocationResult | undefined, pod: Pod, { client, clock }: BindDeps, signal: AbortSignal): Promise<ResourceClaim> {
  const { allocation = found } = claim.status
  if (claim.metadata.deletionTimestamp !== undefined) throw new Error(`claim ${claimName(claim)} got deleted in the meantime`) // BC2
  if (found !== undefined && allocation !== found) throw new Error(`claim ${claimName(claim)} got allocated elsewhere in the meantime`)
  if (allocation === undefined) throw new Error(`claim ${claimName(claim)} got deallocated elsewhere in the meantime`)
  const { finalizers = [] } = claim.metadata
  const isKept = found === undefined || finalizers.includes(claimFinalizer)
  const current = isKept ? claim : await client.update(resourceClaims, { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, claimFinalizer] } }, {}, signal) // BC1
  const consumer: ResourceClaimConsumerReference = { resource: 'pods', name: pod.metadata.name, uid: pod.metadata.uid }
  const allocated = found === undefined ? current : { ...current, status: { ...current.status, allocation: { ...allocation, allocationTimestamp: timeText(clock.now()) } } } // BC4
  return client.update(resourceClaims, withConsumers(allocated, [...(current.status.reservedFor ?? []), consumer]), { subresource: 'status' }, signal)
}

export function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) === true
}

function withConsumers(claim: ResourceClaim, reservedFor: readonly ResourceClaimConsumerReference[]): ResourceClaim {
  return { ...claim, status: { ...claim.status, reservedFor: [...reservedFor] } }
}
