/**
 * Devices that somebody has to prepare for the node before the pod is bound: attached over a fabric, say. Their driver tells
 * how far it is by conditions in the claim's status. Upstream: plugins/dynamicresources isClaimReadyForBinding, isClaimTimeout.
 *
 *   BD1  A claim is ready when each binding condition of each of its devices is True.
 *   BD2  One failure condition that is True ends it.
 *   BD3  What is not ready `timeoutMs` after the devices were found is given up; so is a wait of that length.
 *   BD4  The claim is looked at every five seconds.
 */
import type { DeviceRequestAllocationResult, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import type { Clock } from '../../../base/clock.ts'
import { sleep } from '../../../base/clock.ts'

const lookEveryMs = 5_000

export type Preparation = { readonly kind: 'ready' | 'pending' } | { readonly kind: 'failed'; readonly message: string }

export function hasBindingConditions({ status }: ResourceClaim): boolean {
  return resultsOf(status).some(({ bindingConditions = [] }) => bindingConditions.length > 0)
}

export function preparationOf({ metadata: { name }, status }: ResourceClaim, now: number, timeoutMs: number): Preparation {
  if (status?.allocation === undefined) return { kind: 'pending' }
  for (const result of resultsOf(status)) {
    const { bindingConditions = [], bindingFailureConditions = [] } = result
    if (bindingConditions.length === 0) continue
    const conditions = status.devices?.find(device => isSameDevice(device, result))?.conditions ?? []
    const failed = bindingFailureConditions.map(type => conditions.find(condition => condition.type === type)).find(condition => condition?.status === 'True')
    if (failed !== undefined) return { kind: 'failed', message: `device binding failed: claim=${name}, reason=${failed.reason}, message=${JSON.stringify(failed.message)}` } // BD2
    if (bindingConditions.some(type => conditions.find(condition => condition.type === type)?.status !== 'True')) { // BD1
      const since = Date.parse(status.allocation.allocationTimestamp ?? '')
      return since + timeoutMs < now ? { kind: 'failed', message: `device binding timeout: claim=${name}` } : { kind: 'pending' } // BD3
    }
  }
  return { kind: 'ready' }
}

export interface PreparationWait {
  /** The claims as they are now. */
  readonly claims: () => readonly ResourceClaim[]
  readonly clock: Clock
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Ends when all are ready; throws why they will not be. */
export async function untilPrepared({ claims, clock, timeoutMs, signal }: PreparationWait): Promise<void> {
  const startedAt = clock.monotonic()
  for (;;) {
    const unready = claims().map(claim => preparationOf(claim, clock.now(), timeoutMs)).find(({ kind }) => kind !== 'ready')
    if (unready === undefined) return
    if (unready.kind === 'failed') throw new Error(unready.message)
    if (clock.monotonic() - startedAt >= timeoutMs) throw new Error('device binding timeout: context deadline exceeded') // BD3
    await sleep(clock, lookEveryMs, signal) // BD4
  }
}

function resultsOf(status: ResourceClaim['status']): readonly DeviceRequestAllocationResult[] {
  return status?.allocation?.devices?.results ?? []
}

function isSameDevice(a: { readonly driver: string; readonly pool: string; readonly device: string; readonly shareID?: string }, b: DeviceRequestAllocationResult): boolean {
  return a.driver === b.driver && a.pool === b.pool && a.device === b.device && a.shareID === b.shareID
}
