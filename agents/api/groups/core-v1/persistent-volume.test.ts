import { expect, test } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { persistentVolume } from './persistent-volume.ts'
import type { PersistentVolume } from './types.ts'

const hostPath = { path: '/x' }
const errors = (spec: object) => {
  const object = { kind: 'PersistentVolume', apiVersion: 'v1', metadata: { name: 'v' }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath, ...spec } } as unknown as PersistentVolume
  persistentVolume.setDefaults(object)
  return fieldErrorsText(persistentVolume.validate(object))
}

test.each([
  [{}, '[]'],
  [{ hostPath: { path: '/x', type: 'Odd' } }, 'spec.hostPath.type: Unsupported value: "Odd": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"'],
  [{ nodeAffinity: {} }, 'spec.nodeAffinity.required: Required value: must specify required node constraints'],
  [{ nodeAffinity: { required: { nodeSelectorTerms: [] } } }, 'spec.nodeAffinity.required.nodeSelectorTerms: Required value: must have at least one node selector term'],
  [{ cephfs: { monitors: ['m'] } }, 'spec.cephFS: Forbidden: may not specify more than 1 volume type'],
  [{ flexVolume: {} }, 'spec.flexVolume.driver: Required value'],
  [{ accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'] }, 'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes'],
  [{ volumeAttributesClassName: '' }, '[spec.volumeAttributesClassName: Required value: an empty string is disallowed, spec.csi: Required value: has to be specified when using volumeAttributesClassName]'],
  [{ capacity: {} }, '[spec.capacity: Required value, spec.capacity: Unsupported value: {}: supported values: "storage"]'],
  [{ capacity: undefined }, '[spec.capacity: Required value, spec.capacity: Unsupported value: null: supported values: "storage"]'],
])('a volume of one kind, for nodes that reach it: %j', (spec, text) => {
  expect(errors(spec)).toBe(text)
})
