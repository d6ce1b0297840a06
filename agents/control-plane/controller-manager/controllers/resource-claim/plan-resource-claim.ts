/**
 * What a claim for devices needs. Pure.
 *
 *   RL1  A reservation holds while its pod is there under that uid and not done: not finished, and not deleted before it had
 *        a node.
 *   RL2  A claim nobody reserves any more, and which the scheduler had allocated (its finalizer tells), gives its devices
 *        back; then the finalizer goes. One that is being deleted does so too.
 *   RL3  A claim that was made for a pod is deleted with the end of that pod.
 */
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import type { ResourceClaim, ResourceClaimStatus } from '../../../../api/groups/resource-v1/types.ts'
import { controllerOf } from '../../../../machinery/owner.ts'
import { isDeleting, isFinished } from '../../pods/pod-state.ts'

export const claimFinalizer = 'resource.kubernetes.io/delete-protection'
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name'

export const isPodDone = (pod: Pod): boolean => isFinished(pod) || (isDeleting(pod) && (pod.spec.nodeName ?? '') === '')

export interface ClaimPlan {
  /** To be written first. */
  readonly status?: ResourceClaimStatus
  readonly dropsFinalizer: boolean
  readonly deletes: boolean
}

/** `podNamed` finds pods of the claim's namespace. */
export function planClaim(claim: ResourceClaim, podNamed: (name: string) => Pod | undefined): ClaimPlan {
  const reserved = claim.status?.reservedFor ?? []
  const valid = reserved.filter(({ apiGroup = '', resource, name, uid }) => {
    if (apiGroup !== '' || resource !== 'pods') return true
    const pod = podNamed(name)
    return pod !== undefined && pod.metadata.uid === uid && !isPodDone(pod) // RL1
  })
  const isFree = valid.length === 0 && claim.metadata.finalizers?.includes(claimFinalizer) === true
  const givesBack = isFree && (valid.length < reserved.length || isLeaving(claim)) // RL2
  const { allocation, reservedFor: _, ...rest } = claim.status ?? {}
  const changes = valid.length < reserved.length || (givesBack && allocation !== undefined)
  const owner = controllerOf(claim)
  const pod = owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? podNamed(owner.name) : undefined
  return {
    ...(changes ? { status: { ...rest, ...(allocation === undefined || givesBack ? {} : { allocation }), ...(valid.length === 0 ? {} : { reservedFor: valid }) } } : {}),
    dropsFinalizer: givesBack,
    deletes: valid.length === 0 && !isLeaving(claim) && pod !== undefined && pod.metadata.uid === owner?.uid && isPodDone(pod), // RL3
  }
}

function isLeaving({ metadata }: ResourceClaim): boolean {
  return metadata.deletionTimestamp !== undefined
}

/** A claim takes up to 256 pods. */
export function canReserve({ status }: ResourceClaim): boolean {
  return (status?.reservedFor ?? []).length < 256
}
