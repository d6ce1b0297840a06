import { describe, expect, test } from 'vitest'
import type { AllocationResult, ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { ClaimsInFlight } from './claims-in-flight.ts'

const allocation: AllocationResult = { devices: { results: [{ request: 'r', driver: 'd', pool: 'p', device: 'gpu' }] } }
const claim = (status: ResourceClaim['status'] = {}): ResourceClaim => ({ apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'c', namespace: 'default', uid: 'c', resourceVersion: '1', creationTimestamp: '' }, spec: {}, status })
const holds = (flights: ClaimsInFlight, cached: readonly ResourceClaim[], now = 0) => flights.held(cached, now).whole.has('d p gpu')

describe('claims in flight', () => {
  test('CF1 are held until the cache tells of them, they were given up, or the claim is gone', () => {
    const flights = new ClaimsInFlight()
    flights.begin(claim(), allocation)
    expect([holds(flights, [claim()]), holds(flights, [claim({ allocation })]), holds(flights, [claim()])]).toEqual([true, true, false])
    flights.begin(claim(), allocation)
    expect([holds(flights, []), flights.has(claim())]).toEqual([false, false])
    flights.begin(claim(), allocation)
    flights.end(claim())
    expect(holds(flights, [claim()])).toBe(false)
  })

  test('CF2 one that was made here is held before the cache knows it, and no longer when it comes and goes', () => {
    const flights = new ClaimsInFlight()
    flights.begin(claim(), allocation, 1_000)
    expect([holds(flights, [], 1_000), holds(flights, [], 120_999), holds(flights, [claim()], 2_000)]).toEqual([true, true, true])
    flights.saw(claim())
    expect(holds(flights, [], 2_000)).toBe(false)
    flights.begin(claim(), allocation, 1_000)
    expect(holds(flights, [], 121_000)).toBe(false)
  })
})
