/**
 * The requests of a claim, each with the alternatives that may serve it. Pure.
 *
 *   RQ1  An exact request is its own only alternative; those of firstAvailable are named request/alternative, in the order wished.
 *   RQ2  The mode is ExactCount where none is said, the count 1.
 */
import type { DeviceRequest, DeviceSelector, DeviceToleration, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'

export interface Alternative {
  readonly name: string
  readonly className: string
  readonly selectors: readonly DeviceSelector[]
  readonly tolerations: readonly DeviceToleration[]
  /** Undefined: all that match. */
  readonly count: number | undefined
  readonly adminAccess: boolean
  /** Quantities by capacity, of each device. */
  readonly capacity: Readonly<Record<string, string>>
}

/** Upstream's limits: devices of one claim, alternatives of one request. */
export const mostDevices = 32
export const mostAlternatives = 8

export function alternativesOf({ name, exactly, firstAvailable = [] }: DeviceRequest): readonly Alternative[] {
  const alternative = (own: string, of: NonNullable<typeof exactly>, adminAccess: boolean): Alternative => ({
    name: own, className: of.deviceClassName, selectors: of.selectors ?? [], tolerations: of.tolerations ?? [],
    count: (of.allocationMode ?? 'ExactCount') === 'All' ? undefined : (of.count ?? 1), adminAccess, capacity: of.capacity?.requests ?? {}, // RQ2
  })
  return exactly === undefined ? firstAvailable.map(each => alternative(`${name}/${each.name}`, each, false)) : [alternative(name, exactly, exactly.adminAccess === true)] // RQ1
}

export function requestsOf({ spec }: ResourceClaim): readonly DeviceRequest[] {
  return spec.devices?.requests ?? []
}

/** More for alternatives that were wished for more. Upstream: computeScore. */
export function wishScore(claim: ResourceClaim, served: ReadonlySet<string>): number {
  let score = 0
  for (const { name, firstAvailable = [] } of requestsOf(claim)) for (const [index, each] of firstAvailable.entries()) if (served.has(`${name}/${each.name}`)) score += mostAlternatives - index
  return score
}
