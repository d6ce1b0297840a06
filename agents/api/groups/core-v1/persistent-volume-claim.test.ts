import { expect, it } from 'vitest'
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
