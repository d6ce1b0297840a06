import { describe, expect, test } from 'vitest'
import { standardLevels } from '../../../api/groups/flowcontrol-v1/standard-objects.ts'
import { SeatDemand } from './seat-demand.ts'
import { divideSeats, fairShares, seatLimits, sharesOf } from './seat-shares.ts'

describe('seat shares', () => {
  test('SS1 the limits of a new cluster are those that upstream documents', () => {
    const all = standardLevels.reduce((sum, { spec }) => sum + sharesOf(spec), 0)
    const limits = Object.fromEntries(standardLevels.map(({ name, spec }) => [name, seatLimits(spec, 600, all)]))
    expect(limits).toMatchObject({
      exempt: { nominal: 0, lower: 0 },
      system: { nominal: 74, lower: 50 },
      'node-high': { nominal: 98, lower: 73 },
      'leader-election': { nominal: 25, lower: 25 },
      'workload-high': { nominal: 98, lower: 49 },
      'workload-low': { nominal: 245, lower: 24 },
      'global-default': { nominal: 49, lower: 24, upper: 649 },
      'catch-all': { nominal: 13, lower: 13 },
    })
  })

  test('SS2 an idle level lends what it may, a busy one borrows it', () => {
    const level = (nominal: number, lower: number, highest: number) => ({ nominal, lower, upper: 1_000, isExempt: false, highest, smoothed: highest })
    const { limits } = divideSeats([level(100, 10, 0), level(100, 100, 100), level(100, 50, 400)])
    expect(limits[0]).toBeGreaterThanOrEqual(10)
    expect(limits[1]).toBe(100)
    expect(limits[2]).toBeGreaterThan(180)
    expect(limits.reduce((sum, limit) => sum + limit, 0)).toBeGreaterThanOrEqual(299)
  })

  test('SS3 what exempt requests use is taken from the others down to their lower limits', () => {
    const limited = { nominal: 100, lower: 20, upper: 1_000, isExempt: false, highest: 100, smoothed: 100 }
    const exempt = { nominal: 0, lower: 0, upper: 1_000, isExempt: true, highest: 150, smoothed: 150 }
    expect(divideSeats([limited, limited, exempt]).limits).toEqual([25, 25, 150])
    expect(divideSeats([limited, limited, { ...exempt, highest: 900 }]).limits).toEqual([20, 20, 900])
  })

  test('fair shares are the same fraction of every target, within the bounds', () => {
    expect(fairShares(30, [{ target: 10, least: 0, most: 100 }, { target: 20, least: 0, most: 100 }]).shares).toEqual([10, 20])
    expect(fairShares(30, [{ target: 10, least: 0, most: 5 }, { target: 20, least: 0, most: 100 }]).shares).toEqual([5, 25])
    expect(fairShares(30, [{ target: 100, least: 20, most: 100 }, { target: 100, least: 0, most: 100 }]).shares).toEqual([20, 10])
  })

  test('random problems sum up and keep their bounds', () => {
    for (let seed = 1; seed < 200; seed++) {
      const number = (salt: number, most: number) => ((seed * 7919 + salt * 104729) % 1000) / 1000 * most
      const claims = Array.from({ length: 1 + (seed % 7) }, (_claim, at) => {
        const least = number(at, 50)
        return { least, target: least + number(at + 10, 50), most: least + 60 + number(at + 20, 100) }
      })
      const least = claims.reduce((sum, claim) => sum + claim.least, 0)
      const most = claims.reduce((sum, claim) => sum + claim.most, 0)
      const sum = least + (most - least) * number(99, 1)
      const { shares } = fairShares(sum, claims)
      expect(shares.reduce((total, share) => total + share, 0)).toBeCloseTo(sum, 6)
      shares.forEach((share, at) => {
        expect(share).toBeGreaterThanOrEqual(claims[at]!.least - 1e-9)
        expect(share).toBeLessThanOrEqual(claims[at]!.most + 1e-9)
      })
    }
  })
})

describe('seat demand', () => {
  test('SD1 average, deviation and highest are weighted by time', () => {
    const demand = new SeatDemand(0)
    demand.set(10, 0)
    demand.set(0, 5_000)
    expect(demand.take(10_000)).toEqual({ average: 5, deviation: 5, highest: 10 })
    expect(demand.take(20_000)).toEqual({ average: 0, deviation: 0, highest: 0 })
  })

  test('SD2 the smoothed demand rises at once and falls slowly', () => {
    const demand = new SeatDemand(0)
    demand.set(100, 0)
    demand.take(10_000)
    expect(demand.smoothed).toBe(100)
    demand.set(0, 10_000)
    for (let at = 1; at <= 30; at++) demand.take(10_000 + at * 10_000)
    expect(demand.smoothed).toBeGreaterThan(45)
    expect(demand.smoothed).toBeLessThan(55)
  })
})
