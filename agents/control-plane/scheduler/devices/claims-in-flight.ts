/**
 * Claims for which devices were found and that the API server does not know of yet. Shared by all profiles of the scheduler.
 *
 *   CF1  What is in flight is held, so that no other pod is given it, until the cached claim tells of it, it was given up, or
 *        the claim is gone.
 */
import type { AllocationResult, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { devicesHeldBy } from './device-id.ts'

export class ClaimsInFlight {
  readonly #byUid = new Map<string, AllocationResult>()

  has({ metadata }: ResourceClaim): boolean {
    return this.#byUid.has(metadata.uid)
  }

  begin({ metadata }: ResourceClaim, allocation: AllocationResult): void {
    this.#byUid.set(metadata.uid, allocation)
  }

  end({ metadata }: ResourceClaim): void {
    this.#byUid.delete(metadata.uid)
  }

  /** Devices that claims hold, those in flight included (CF1). */
  held(cached: readonly ResourceClaim[]): ReadonlySet<string> {
    const held = new Set<string>()
    const waiting = new Set<string>()
    for (const claim of cached) {
      if (claim.status?.allocation === undefined) waiting.add(claim.metadata.uid)
      for (const id of devicesHeldBy(claim)) held.add(id)
    }
    for (const [uid, allocation] of this.#byUid) {
      if (!waiting.has(uid)) this.#byUid.delete(uid)
      else for (const id of devicesHeldBy({ status: { allocation } })) held.add(id)
    }
    return held
  }
}
