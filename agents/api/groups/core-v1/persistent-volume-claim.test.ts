import { expect, it } from 'vitest'
import { fieldErrorsText } from '../../field-error.ts'
import { persistentVolumeClaim } from './persistent-volume-claim.ts'
import type { PersistentVolumeClaim } from './types.ts'

const claim = (storageClassName: string | undefined, annotations: Record<string, string> = {}): PersistentVolumeClaim => ({
  kind: 'PersistentVolumeClaim', apiVersion: 'v1', metadata: { namespace: 'default', name: 'data', uid: 'c', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...(storageClassName === undefined ? {} : { storageClassName }) }, status: { phase: 'Pending' },
})

it.each<[string, boolean, PersistentVolumeClaim, PersistentVolumeClaim]>([
  ['from none to one', true, claim(undefined), claim('standard')],
  ['from one to another', false, claim('standard'), claim('fast')],
  ['from none on purpose to one', false, claim(''), claim('standard')],
  ['from one to none', false, claim('standard'), claim(undefined)],
  ['beside the beta annotation', false, claim(undefined, { 'volume.beta.kubernetes.io/storage-class': 'old' }), claim('standard', { 'volume.beta.kubernetes.io/storage-class': 'old' })],
])('the class of a claim may change %s: %s', (_, isAllowed, before, after) => {
  expect(persistentVolumeClaim.validateUpdate!(after, before).length === 0).toBe(isAllowed)
})

const made = (spec: object) => {
  const object = { ...claim(undefined), spec: { ...claim(undefined).spec, ...spec } } as PersistentVolumeClaim
  persistentVolumeClaim.setDefaults(object)
  persistentVolumeClaim.prepareForCreate(object)
  return object
}

it('VC3 says its source in both fields', () => {
  const source = { apiGroup: null, kind: 'PersistentVolumeClaim', name: 'other' }
  for (const field of ['dataSource', 'dataSourceRef']) expect(made({ [field]: source }).spec).toMatchObject({ dataSource: source, dataSourceRef: source })
  expect(fieldErrorsText(persistentVolumeClaim.validate(made({ dataSourceRef: { kind: '', name: 'n' } })))).toContain("spec.dataSourceRef: Invalid value: \"\": must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  expect(fieldErrorsText(persistentVolumeClaim.validate(made({ dataSource: source, dataSourceRef: { ...source, name: 'third' } })))).toBe('spec: Invalid value: "spec.dataSource": must match dataSourceRef')
})

it('VC4 drops sources that are not for it', () => {
  expect(made({ dataSource: { kind: 'Strange', name: 'n' } }).spec.dataSource).toBeUndefined()
  expect(made({ dataSourceRef: { apiGroup: 'e.com', kind: 'K', name: 'n', namespace: 'elsewhere' } }).spec.dataSourceRef).toBeUndefined()
})
