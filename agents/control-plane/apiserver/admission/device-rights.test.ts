import { describe, expect, it } from 'vitest'
import type { Attributes, Authorizer } from '../access/authorizer.ts'
import { object, readerOf, refusalBy } from './admission.sample.ts'
import { deviceRights } from './device-rights.ts'

const reader = readerOf({ namespaces: [object('Namespace', 'ns'), object('Namespace', 'admins', { metadata: { labels: { 'resource.kubernetes.io/admin-access': 'true' } } })] })
const claims = { group: 'resource.k8s.io', resource: 'resourceclaims', kind: { group: 'resource.k8s.io', version: 'v1', kind: 'ResourceClaim' } }
const result = { request: 'r', driver: 'd', pool: 'p', device: 'gpu' }
const onNode = { nodeSelector: { nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }] } }

/** Allows what is listed as "verb subresource name". */
function allowing(...rights: readonly string[]): Authorizer {
  const authorize = ({ verb, subresource, name }: Attributes) => Promise.resolve(rights.includes([verb, subresource, name].join(' ').trim()) ? { decision: 'allow' as const, reason: '' } : { decision: 'no-opinion' as const, reason: '' })
  return { authorize } as unknown as Authorizer
}

const claim = (status: object, namespace = 'ns') => object('ResourceClaim', 'c', { spec: {}, status }, namespace)
const change = (was: object, now: object, authorizer: Authorizer, user = {}) => refusalBy(deviceRights(reader, authorizer), { ...claims, operation: 'UPDATE', subresource: 'status', object: claim(now), oldObject: claim(was), user: { name: 'jane', uid: '', groups: [], extra: {}, ...user } })

describe('rights to devices', () => {
  it('DV1: access of administrators is for namespaces with the label', async () => {
    const asking = (namespace: string) => refusalBy(deviceRights(reader, allowing()), { ...claims, object: object('ResourceClaim', 'c', { spec: { devices: { requests: [{ name: 'a' }, { name: 'b', exactly: { adminAccess: true } }] } } }, namespace) })
    expect(await asking('ns')).toBe('ResourceClaim.resource.k8s.io "c" is invalid: spec.devices.requests[1].adminAccess: Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace')
    expect(await asking('admins')).toBeUndefined()
    const given = { allocation: { devices: { results: [{ ...result, adminAccess: true }] } } }
    expect(await change({}, given, allowing('update binding'))).toContain('status.allocation.devices.results[0].adminAccess: Forbidden')
    expect(await change(given, given, allowing())).toBeUndefined()
  })

  it('DV2: giving devices, and to whom, is for those who may bind', async () => {
    expect(await change({}, { allocation: {} }, allowing())).toBe('ResourceClaim.resource.k8s.io "c" is invalid: status.allocation: Forbidden: changing status.allocation or status.reservedFor requires resource="resourceclaims/binding", verb="update" permission: resourceclaims.resource.k8s.io is forbidden: User "jane" cannot update resource "resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope')
    expect(await change({}, { allocation: {} }, allowing('update binding'))).toBeUndefined()
    expect(await change({ allocation: {}, reservedFor: [{ uid: 'a' }] }, { allocation: {} }, allowing('patch binding'))).toBeUndefined()
    expect(await change({ allocation: {} }, { allocation: {} }, allowing())).toBeUndefined()
  })

  it('DV3: a driver speaks of its devices on its node, or everywhere if it may', async () => {
    const was = { allocation: onNode }
    const now = { allocation: onNode, devices: [{ driver: 'd', pool: 'p', device: 'gpu' }] }
    expect(await change(was, now, allowing('update binding'))).toContain('status.devices: Forbidden: changing status.devices requires resource="resourceclaims/driver", verb="[arbitrary-node:update]" permission: resourceclaims.resource.k8s.io "d" is forbidden')
    expect(await change(was, now, allowing('arbitrary-node:update driver d'))).toBeUndefined()
    const driver = { name: 'system:serviceaccount:ns:driver', extra: { 'authentication.kubernetes.io/node-name': ['n1'] } }
    expect(await change(was, now, allowing('associated-node:update driver d'), driver)).toBeUndefined()
    expect(await change(was, now, allowing('associated-node:update driver d'), { ...driver, extra: { 'authentication.kubernetes.io/node-name': ['n2'] } })).toContain('status.devices')
  })
})
