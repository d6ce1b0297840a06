import { describe, expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { isDns1123Subdomain } from '../../validation/names.ts'
import { validateDownwardFile } from './downward-validation.ts'
import { validateCommonSource, validateDriverName } from './volume-source-validation.ts'

const failures = (kind: string, source: object) => fieldErrorsText(validateCommonSource(kind, source, 'v'))

describe('sources of volumes', () => {
  test.each([
    ['rbd', { monitors: [], image: '' }, '[v.monitors: Required value, v.image: Required value]'],
    ['azureFile', { secretName: 's', shareName: '' }, 'v.shareName: Required value'],
    ['scaleIO', { gateway: 'g', system: 's', volumeName: 'v' }, '[]'],
    ['glusterfs', { endpoints: 'e', path: '' }, 'v.path: Required value'],
  ])('VS1 %s needs its fields', (kind, source, text) => {
    expect(failures(kind, source)).toBe(text)
  })

  test.each([
    ['iscsi', { targetPortal: 'a', iqn: 'bad', lun: 0 }, 'v.iqn: Invalid value: "bad": must be valid format starting with iqn, eui, or naa'],
    ['iscsi', { targetPortal: 'a', iqn: 'iqn.2015-02.example.com:test', lun: 256 }, 'v.lun: Invalid value: 256: must be between 0 and 255, inclusive'],
    ['iscsi', { targetPortal: 'a', iqn: 'eui.0123456789abcdef', lun: 0, chapAuthSession: true }, 'v.secretRef: Required value'],
    ['fc', { targetWWNs: ['w'] }, 'v.lun: Required value: lun is required if targetWWNs is specified'],
    ['fc', {}, 'v.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both'],
    ['flocker', { datasetName: 'a/b' }, 'v.datasetName: Invalid value: "a/b": must not contain \'/\''],
    ['flocker', {}, 'v: Required value: one of datasetName and datasetUUID is required'],
    ['flexVolume', { driver: 'd', options: { 'storage.k8s.io/x': 'y' } }, 'v.options[storage.k8s.io/x]: Invalid value: "storage.k8s.io/x": kubernetes.io and k8s.io namespaces are reserved'],
    ['quobyte', { registry: 'host', volume: 'v' }, 'v.registry: Invalid value: "host": must be a host:port pair or multiple pairs separated by commas'],
    ['azureDisk', { diskName: 'd', diskURI: 'x', cachingMode: 'Strange' }, 'v.cachingMode: Unsupported value: "Strange": supported values: "None", "ReadOnly", "ReadWrite"'],
    ['gcePersistentDisk', { pdName: 'd', partition: 300 }, 'v.partition: Invalid value: 300: must be between 1 and 255, inclusive'],
    ['storageos', { volumeName: 'fine', secretRef: {} }, 'v.secretRef.name: Required value'],
  ])('VS2 %s has rules of its own: %j', (kind, source, text) => {
    expect(failures(kind, source)).toBe(text)
  })

  test('drivers are named by subdomains', () => {
    expect(validateDriverName('csi.example.com', 'd', isDns1123Subdomain)).toEqual([])
    expect(fieldErrorsText(validateDriverName('', 'd', isDns1123Subdomain))).toBe('d: Required value')
    expect(fieldErrorsText(validateDriverName('a'.repeat(64), 'd', isDns1123Subdomain))).toBe('d: Too long: may not be more than 63 bytes')
  })

  test('files of the downward API name one field or one resource', () => {
    const file = (fields: object) => fieldErrorsText(validateDownwardFile({ path: 'f', ...fields }, 'v'))
    expect(file({})).toBe('v: Required value: one of fieldRef and resourceFieldRef is required')
    expect(file({ fieldRef: { fieldPath: "metadata.labels['a']" } })).toBe('[]')
    expect(file({ fieldRef: { fieldPath: 'spec.nodeName' } })).toContain('v.fieldRef.fieldPath: Unsupported value: "spec.nodeName"')
    expect(file({ fieldRef: { fieldPath: 'spec.nothing' } })).toBe('v.fieldRef.fieldPath: Invalid value: "spec.nothing": error converting fieldPath: field label not supported: spec.nothing')
    expect(file({ resourceFieldRef: { resource: 'limits.cpu' } })).toBe('v.resourceFieldRef.containerName: Required value')
    expect(file({ resourceFieldRef: { containerName: 'c', resource: 'limits.gpu' } })).toContain('Unsupported value: "limits.gpu"')
  })
})
