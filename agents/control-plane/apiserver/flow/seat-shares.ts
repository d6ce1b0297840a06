/**
 * How the server's seats are divided among priority levels. Pure arithmetic.
 * Upstream: apiserver/pkg/util/flowcontrol/{apf_controller,conc_alloc}.go and KEP-1040.
 *
 *   SS1  A level's nominal limit is its part of all shares; what it lends lowers its lower limit, what it may borrow raises its upper one.
 *   SS2  Every ten seconds the limits are set anew: each level keeps at least what it lately needed of its own, and the
 *        rest goes to all in proportion to their smoothed demand, within their limits.
 *   SS3  Exempt levels are not limited; what they use is taken from what the others divide.
 */
import type { PriorityLevelConfigurationSpec } from '../../../api/groups/flowcontrol-v1/types.ts'

export interface SeatLimits {
  readonly nominal: number
  readonly lower: number
  readonly upper: number
}

export interface LevelDemand extends SeatLimits {
  readonly isExempt: boolean
  /** Highest demand of the last period. */
  readonly highest: number
  readonly smoothed: number
}

export interface Division {
  readonly limits: readonly number[]
  readonly targets: readonly number[]
  readonly fairFraction: number
}

export function sharesOf(spec: PriorityLevelConfigurationSpec): number {
  return spec.limited !== undefined ? (spec.limited.nominalConcurrencyShares ?? 30) : (spec.exempt?.nominalConcurrencyShares ?? 0)
}

/** SS1 */
export function seatLimits(spec: PriorityLevelConfigurationSpec, serverSeats: number, allShares: number): SeatLimits {
  const nominal = allShares === 0 ? 0 : Math.ceil((serverSeats * sharesOf(spec)) / allShares)
  const lendable = Math.round((nominal * (spec.limited?.lendablePercent ?? spec.exempt?.lendablePercent ?? 0)) / 100)
  const borrowable = spec.limited?.borrowingLimitPercent
  return { nominal, lower: nominal - lendable, upper: nominal + (borrowable === undefined || borrowable === null ? serverSeats : Math.round((nominal * borrowable) / 100)) }
}

/** Where a level starts before anything is known of its demand. */
export function firstLimit({ nominal, lower }: SeatLimits): number {
  return nominal - Math.floor((nominal - lower) / 2)
}

export function divideSeats(levels: readonly LevelDemand[]): Division {
  const all = levels.reduce((sum, level) => sum + level.nominal, 0)
  const floors = levels.map(level => (level.isExempt ? Math.max(level.lower, level.highest) : Math.max(level.lower, Math.min(level.nominal, level.highest))))
  const limited = levels.flatMap((level, index) => (level.isExempt ? [] : [{ ...level, index, floor: floors[index]!, target: Math.max(floors[index]!, level.smoothed) }]))
  const left = all - levels.reduce((sum, level, index) => sum + (level.isExempt ? floors[index]! : 0), 0) // SS3
  const lowest = limited.reduce((sum, level) => sum + level.lower, 0)
  const kept = limited.reduce((sum, level) => sum + level.floor, 0)
  const limits = [...floors]
  const targets = levels.map((level, index) => (level.isExempt ? floors[index]! : Math.max(floors[index]!, level.smoothed)))
  if (left <= lowest) {
    for (const level of limited) limits[level.index] = level.lower
    return { limits, targets, fairFraction: 0 }
  }
  if (left <= kept) {
    const part = (left - lowest) / (kept - lowest)
    for (const level of limited) limits[level.index] = level.lower + Math.round((level.floor - level.lower) * part)
    return { limits, targets, fairFraction: 0 }
  }
  const { shares, fraction } = fairShares(all, limited.map(level => ({ target: level.target, least: level.floor, most: level.upper })))
  limited.forEach((level, position) => {
    limits[level.index] = Math.round(shares[position]!)
  })
  return { limits, targets, fairFraction: fraction }
}

export interface Claim {
  readonly target: number
  readonly least: number
  readonly most: number
}

const smallestTarget = 0.001

/**
 * The one division of `sum` in which everyone gets the same fraction of their target, unless that is less than their
 * least or more than their most. What all get together grows with the fraction in straight pieces that bend where a
 * claim meets one of its bounds; the piece that holds the sum is found, and the fraction on it.
 */
export function fairShares(sum: number, claims: readonly Claim[]): { readonly shares: number[]; readonly fraction: number } {
  const targets = claims.map(claim => Math.max(smallestTarget, claim.target))
  const share = (index: number, fraction: number) => Math.min(claims[index]!.most, Math.max(claims[index]!.least, fraction * targets[index]!))
  const total = (fraction: number) => claims.reduce((all, _claim, index) => all + share(index, fraction), 0)
  const bends = claims.flatMap((claim, index) => [claim.least / targets[index]!, claim.most / targets[index]!]).sort((a, b) => a - b)
  const after = bends.findIndex(bend => total(bend) >= sum)
  let fraction: number
  if (after < 0) fraction = bends.at(-1) ?? 0 // more than all may have
  else if (after === 0) fraction = bends[0]!
  else {
    const [low, high] = [bends[after - 1]!, bends[after]!]
    const [from, to] = [total(low), total(high)]
    fraction = to === from ? high : low + ((sum - from) * (high - low)) / (to - from)
  }
  return { shares: claims.map((_claim, index) => share(index, fraction)), fraction }
}
