import { describe, expect, test } from 'vitest'
import type { ResourceClaim } from '../../../api/groups/resource-v1/types.ts'
import { FakeClock } from '../../../base/fake-clock.ts'
import { hasBindingConditions, preparationOf, untilPrepared } from './binding-conditions.ts'

const foundAt = '2026-01-01T00:00:00Z'
const at = (seconds: number): number => Date.parse(foundAt) + seconds * 1_000
const place = { driver: 'd', pool: 'p', device: 'fabric-gpu' }

/** A claim with one device that wants to be attached and prepared; conditions as "Type=Status". */
function claim(...conditions: string[]): ResourceClaim {
  return {
    apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', spec: {}, metadata: { name: 'gpu', namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: foundAt },
    status: {
      allocation: { allocationTimestamp: foundAt, devices: { results: [{ request: 'x', ...place, bindingConditions: ['Attached', 'Prepared'], bindingFailureConditions: ['Broken'] }, { request: 'y', ...place, device: 'local' }] } },
      devices: conditions.length === 0 ? [] : [{ ...place, conditions: conditions.map(text => ({ type: text.split('=')[0]!, status: text.split('=')[1]!, reason: 'NoLink', message: 'no "link"', lastTransitionTime: foundAt })) }],
    },
  }
}

describe('binding conditions', () => {
  test.each<[string, ResourceClaim, number, string]>([
    ['BD1 nothing said yet', claim(), 0, 'pending'],
    ['BD1 one of two', claim('Attached=True'), 0, 'pending'],
    ['BD1 one not', claim('Attached=True', 'Prepared=False'), 0, 'pending'],
    ['BD1 both', claim('Attached=True', 'Prepared=True', 'Broken=False'), 900, 'ready'],
    ['BD2 failed', claim('Attached=True', 'Prepared=True', 'Broken=True'), 0, 'device binding failed: claim=gpu, reason=NoLink, message="no \\"link\\""'],
    ['BD3 at the end of the time', claim('Attached=True'), 600, 'pending'],
    ['BD3 after it', claim('Attached=True'), 601, 'device binding timeout: claim=gpu'],
    ['no devices yet', { ...claim(), status: {} }, 900, 'pending'],
  ])('%s', (_, of, seconds, expected) => {
    const preparation = preparationOf(of, at(seconds), 600_000)
    expect(preparation.kind === 'failed' ? preparation.message : preparation.kind).toBe(expected)
  })

  test('only devices with conditions are waited for', () => {
    expect(hasBindingConditions(claim())).toBe(true)
    expect(hasBindingConditions({ ...claim(), status: { allocation: { devices: { results: [{ request: 'y', ...place }] } } } })).toBe(false)
  })

  test('BD4 the claim is looked at again until it is ready', async () => {
    const clock = new FakeClock(at(0))
    let now = claim()
    let isOver = false
    const waiting = untilPrepared({ claims: () => [now], clock, timeoutMs: 600_000, signal: new AbortController().signal }).then(() => { isOver = true })
    await clock.advance(5_000)
    expect(isOver).toBe(false)
    now = claim('Attached=True', 'Prepared=True')
    await clock.advance(5_000)
    await waiting
    expect(isOver).toBe(true)
  })

  test('BD3 and at most for the time that is given', async () => {
    const clock = new FakeClock(at(0))
    const never: ResourceClaim = { ...claim(), status: {} }
    const outcome = untilPrepared({ claims: () => [never], clock, timeoutMs: 10_000, signal: new AbortController().signal }).then(() => 'ready', (error: unknown) => (error as Error).message)
    for (let turn = 0; turn < 3; turn++) await clock.advance(5_000)
    expect(await outcome).toBe('device binding timeout: context deadline exceeded')
  })
})
