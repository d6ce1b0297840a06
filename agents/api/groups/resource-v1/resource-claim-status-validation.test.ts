import { describe, expect, test } from 'vitest'
import { keepAllocatedDevices, validateClaimStatus } from './resource-claim-status-validation.ts'
import type { ResourceClaim } from './types.ts'

const share = '11111111-1111-4111-8111-111111111111'
const result = { request: 'r', driver: 'd.example.com', pool: 'p', device: 'gpu' }
const allocation = { devices: { results: [result] } }
const consumer = (name: string) => ({ resource: 'pods', name, uid: name })
const claim = (status: ResourceClaim['status'] = {}, metadata: Partial<ResourceClaim['metadata']> = {}): ResourceClaim => ({
  apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata: { name: 'c', namespace: 'default', uid: 'c', resourceVersion: '1', creationTimestamp: '', ...metadata }, status,
  spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu' } }, { name: 'f', firstAvailable: [{ name: 'best', deviceClassName: 'gpu' }] }] } },
})
const errorsOf = (now: ResourceClaim, before = claim()) => validateClaimStatus(now, before).map(({ path, message }) => `${path}: ${message}`)

describe('status of a claim', () => {
  test('CS1 what was given names requests of the claim, and never changes', () => {
    expect(errorsOf(claim({ allocation }))).toEqual([])
    expect(errorsOf(claim({ allocation: { devices: { results: [{ ...result, request: 'f/best', shareID: share }] } } }))).toEqual([])
    expect(errorsOf(claim({ allocation: { devices: { results: [{ ...result, request: 'f/worst', shareID: share.toUpperCase().replace('8', 'A') }] } } }))).toEqual([
      'status.allocation.devices.results[0].request: Invalid value: "f/worst": must be the name of a request in the claim or the name of a request and a subrequest separated by \'/\'',
      expect.stringContaining('status.allocation.devices.results[0].shareID: Invalid value: "11111111-1111-4111-A111-111111111111": uid must be in RFC 4122 normalized form'),
    ])
    expect(errorsOf(claim({ allocation: { devices: {} } }), claim({ allocation }))).toEqual([expect.stringMatching(/^status\.allocation: Invalid value: .*field is immutable$/)])
    expect(errorsOf(claim({}), claim({ allocation }))).toEqual([])
  })

  test('CS2 consumers are of allocated claims, and none is added while the claim goes', () => {
    expect(errorsOf(claim({ reservedFor: [consumer('a')] }))).toEqual(['status.reservedFor: Forbidden: may not be specified when `allocated` is not set'])
    expect(errorsOf(claim({ allocation, reservedFor: [consumer('a'), consumer('a')] }))).toEqual(['status.reservedFor[1]: Duplicate value: "a"'])
    const going = { deletionTimestamp: '2026-01-01T00:00:00Z' }
    expect(errorsOf(claim({ allocation, reservedFor: [consumer('a')] }, going), claim({ allocation, reservedFor: [consumer('a')] }))).toEqual([])
    expect(errorsOf(claim({ allocation, reservedFor: [consumer('a'), consumer('b')] }, going), claim({ allocation, reservedFor: [consumer('a')] }))).toEqual(['status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'])
  })

  test('CS3 drivers speak of what the claim has; the rest goes with the devices', () => {
    const device = { driver: 'd.example.com', pool: 'p', device: 'gpu' }
    expect(errorsOf(claim({ allocation, devices: [device] }), claim({ allocation }))).toEqual([])
    expect(errorsOf(claim({ allocation, devices: [{ ...device, shareID: share }] }), claim({ allocation }))).toEqual([`status.devices[0]: Invalid value: "d.example.com/p/gpu/${share}": must be an allocated device in the claim`])
    const given = claim({ devices: [device] })
    keepAllocatedDevices(given, claim({ allocation }))
    expect(given.status).toEqual({})
    const kept = claim({ allocation, devices: [device] })
    keepAllocatedDevices(kept, claim({ allocation }))
    expect(kept.status.devices).toEqual([device])
  })
})
