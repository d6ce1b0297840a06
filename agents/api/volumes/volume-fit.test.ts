import { expect, it } from 'vitest'
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimSpec, PersistentVolumeSpec } from '../groups/core-v1/types.ts'
import { isAskedFor, isPromisedTo, isUsable, smallestFirst, storageClassOf } from './volume-fit.ts'

const created = '2026-01-01T00:00:00Z'
const betaAnnotation = { 'volume.beta.kubernetes.io/storage-class': 'old' }

function volume(spec: Partial<PersistentVolumeSpec> = {}, metadata: { name?: string; labels?: Record<string, string>; deletionTimestamp?: string } = {}): PersistentVolume {
  return { kind: 'PersistentVolume', apiVersion: 'v1', metadata: { name: 'disk', uid: 'v', resourceVersion: '1', creationTimestamp: created, ...metadata }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], ...spec }, status: { phase: 'Available' } }
}

function claim(spec: Partial<PersistentVolumeClaimSpec> = {}, annotations: Record<string, string> = {}): PersistentVolumeClaim {
  return { kind: 'PersistentVolumeClaim', apiVersion: 'v1', metadata: { namespace: 'default', name: 'data', uid: 'c', resourceVersion: '1', creationTimestamp: created, annotations }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec }, status: {} }
}

const promised = (uid?: string, name = 'data') => volume({ claimRef: { namespace: 'default', name, ...(uid === undefined ? {} : { uid }) } })

it('VF1 a volume is promised to the claim that its claimRef names, by uid where it says one', () => {
  expect([promised(), promised(''), promised('c'), promised('of the claim before'), promised('c', 'other'), volume()].map(each => isPromisedTo(each, claim()))).toEqual([true, true, true, false, false, false])
})

it('VF2 a volume that is too small, of another mode or class of attributes, leaving or promised elsewhere is of no use', () => {
  expect(isUsable(volume(), claim())).toBe(true)
  expect(isUsable(promised(), claim())).toBe(true)
  const useless = [volume({ capacity: { storage: '1023Mi' } }), volume({ volumeMode: 'Block' }), volume({ volumeAttributesClassName: 'fast' }), volume({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }), promised('c', 'other')]
  expect(useless.map(each => isUsable(each, claim()))).toEqual(useless.map(() => false))
})

it('VF3 a volume is asked for that is of the class, and has the access modes and labels asked for', () => {
  expect(isAskedFor(volume({}, { labels: { disk: 'ssd' } }), claim({ selector: { matchLabels: { disk: 'ssd' } } }))).toBe(true)
  expect(isAskedFor(volume({ storageClassName: 'manual' }), claim())).toBe(false)
  expect(isAskedFor(volume(), claim({ accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }))).toBe(false)
  expect(isAskedFor(volume(), claim({ selector: { matchLabels: { disk: 'ssd' } } }))).toBe(false)
})

it('VF4 the smallest comes first, of equal ones the first by name', () => {
  const disks = [volume({ capacity: { storage: '2Gi' } }, { name: 'large' }), volume({}, { name: 'b' }), volume({}, { name: 'a' })]
  expect(disks.sort(smallestFirst).map(({ metadata }) => metadata.name)).toEqual(['a', 'b', 'large'])
})

it('VF5 the beta annotation says the class, where there is one', () => {
  expect([claim(), claim({ storageClassName: 'new' }), claim({ storageClassName: 'new' }, betaAnnotation)].map(storageClassOf)).toEqual(['', 'new', 'old'])
})
