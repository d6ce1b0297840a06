import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { csiStorageCapacity, volumeAttachment, volumeAttributesClass } from './storage-kinds.ts'
import { validateDriverSpec, validateNodeDrivers, validateNodeDriversUpdate, validateParameters } from './storage-validation.ts'

const metadata = { name: 'x', namespace: '', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' }
const of = (kind: { validate(object: never): never[] }, object: object) => fieldErrorsText(kind.validate({ metadata, ...object } as never))

describe('kinds of storage.k8s.io', () => {
  test('an attachment names a driver, a node and one volume', () => {
    expect(of(volumeAttachment as never, { spec: { attacher: 'e.com', nodeName: 'n', source: { persistentVolumeName: 'v' } } })).toBe('[]')
    expect(of(volumeAttachment as never, { spec: { attacher: 'e.com/a', nodeName: 'n', source: {} } })).toMatch(/^\[spec\.attacher: Invalid value: "e\.com\/a": a lowercase RFC 1123 subdomain .*, spec\.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName\]$/)
  })

  test('a capacity is of a class, an attributes class has parameters', () => {
    expect(of(csiStorageCapacity as never, { metadata: { ...metadata, namespace: 'ns' }, storageClassName: '' })).toMatch(/^storageClassName: Invalid value: ""/)
    expect(of(volumeAttributesClass as never, { driverName: 'e.com/d' })).toBe('parameters: Required value: must contain at least one key/value pair')
    expect(fieldErrorsText(validateParameters({ '': 'x' }, 'p'))).toBe('p: Invalid value: "": field can not be empty.')
    expect(fieldErrorsText(validateParameters({ a: 'x'.repeat(256 * 1024) }, 'p'))).toBe('p: Too long: may not be more than 262144 bytes')
  })

  test('SV1 a node names a driver once, and what it said of it stays, but for the count', () => {
    const driver = (name: string, more = {}) => ({ name, nodeID: 'id', ...more })
    expect(fieldErrorsText(validateNodeDrivers([driver('a.com'), driver('a.com', { nodeID: '' })]))).toBe('[spec.drivers[1].nodeID: Required value, spec.drivers[1].name: Duplicate value: "a.com"]')
    expect(fieldErrorsText(validateNodeDrivers([driver('a.com', { topologyKeys: ['k', 'k'] })]))).toBe('spec.drivers[0]: Duplicate value: "k"')
    expect(validateNodeDriversUpdate([driver('a.com', { allocatable: { count: 2 } })], [driver('a.com', { allocatable: { count: 1 } })])).toEqual([])
    expect(fieldErrorsText(validateNodeDriversUpdate([driver('a.com', { nodeID: 'other' })], [driver('a.com')]))).toMatch(/^spec\.drivers: Invalid value: .*: field is immutable$/)
  })

  test('SV2 tokens for a driver differ in their audience and live for ten minutes at least', () => {
    expect(fieldErrorsText(validateDriverSpec({ tokenRequests: [{ audience: 'a', expirationSeconds: 5 }, { audience: 'a' }] }))).toBe('[spec.tokenRequests[0].expirationSeconds: Invalid value: 5: may not specify a duration less than 10 minutes, spec.tokenRequests[1].audience: Duplicate value: "a"]')
    expect(fieldErrorsText(validateDriverSpec({ fsGroupPolicy: 'Odd', volumeLifecycleModes: ['Eternal'] }))).toBe('[spec.fsGroupPolicy: Unsupported value: "Odd": supported values: "File", "None", "ReadWriteOnceWithFSType", spec.volumeLifecycleModes: Unsupported value: "Eternal": supported values: "Persistent", "Ephemeral"]')
  })
})
