/**
 * Claims for which devices were found and that the API server does not know of yet. Shared by all profiles of the scheduler.
 *
 *   CF1  What is in flight is held, so that no other pod is given it, until the cached claim tells of it, it was given up, or
 *        the claim is gone.
 *   CF2  A claim that was made here may be missing from the cache until its first event comes: what it has is held without it,
 *        for two minutes in case that none comes.
 */
import type { AllocationResult, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { HeldDevices } from './device-id.ts'

const longestUnseenMs = 120_000

interface Flight {
  readonly allocation: AllocationResult
  /** CF2: until when the cache need not know the claim; undefined once it does. */
  unseenUntil: number | undefined
}

export class ClaimsInFlight {
  readonly #byUid = new Map<string, Flight>()

  has({ metadata }: ResourceClaim): boolean {
    return this.#byUid.has(metadata.uid)
  }

  /** `made` is when a claim was made that is new to the cache. */
  begin({ metadata }: ResourceClaim, allocation: AllocationResult, made?: number): void {
    this.#byUid.set(metadata.uid, { allocation, unseenUntil: made === undefined ? undefined : made + longestUnseenMs })
  }

  /** CF2: the cache knows of the claim, or has known. */
  saw({ metadata }: ResourceClaim): void {
    const flight = this.#byUid.get(metadata.uid)
    if (flight !== undefined) flight.unseenUntil = undefined
  }

  end({ metadata }: ResourceClaim): void {
    this.#byUid.delete(metadata.uid)
  }

  /** Devices that claims hold, those in flight included (CF1). Without the time no claim is given up as never seen (CF2). */
  held(cached: readonly ResourceClaim[], now = 0): HeldDevices {
    const held = new HeldDevices()
    const [known, waiting] = [new Set<string>(), new Set<string>()]
    for (const claim of cached) {
      known.add(claim.metadata.uid)
      if (claim.status?.allocation === undefined) waiting.add(claim.metadata.uid)
      held.add(claim)
    }
    for (const [uid, flight] of this.#byUid) {
      const isWaited = known.has(uid) ? waiting.has(uid) : flight.unseenUntil !== undefined && now < flight.unseenUntil // CF2
      if (isWaited) held.add({ status: { allocation: flight.allocation } })
      else this.#byUid.delete(uid)
    }
    return held
  }
}
