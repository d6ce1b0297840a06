import { describe, expect, test } from 'vitest'
import type { ClusterAction, ClusterResource } from '../../framework/cluster-event.ts'
import { shortObject, shortPod } from '../../parity/short-objects.ts'
import { volumeBindingWakesOn } from './volume-hints.ts'

const pod = shortPod('p claim=data')

function hint(resource: ClusterResource, action: ClusterAction, before: unknown, after: unknown): string {
  const line = volumeBindingWakesOn.find(each => each.resource === resource && each.actions.includes(action))
  return line === undefined ? 'deaf' : (line.hint?.(pod, before, after) ?? 'Queue')
}

describe('VH1 what may cure a pod that volume binding rejected', () => {
  test('a class that is new, or allows other topologies', () => {
    expect(hint('storage.k8s.io/StorageClass', 'Add', undefined, shortObject('class fast waits'))).toBe('Queue')
    expect(hint('storage.k8s.io/StorageClass', 'Update', shortObject('class fast waits zone=z1'), shortObject('class fast waits zone=z2'))).toBe('Queue')
    expect(hint('storage.k8s.io/StorageClass', 'Update', shortObject('class fast waits'), shortObject('class fast waits'))).toBe('Skip')
  })

  test("one of the pod's claims, and no other", () => {
    expect(hint('PersistentVolumeClaim', 'Update', undefined, shortObject('pvc data'))).toBe('Queue')
    expect(hint('PersistentVolumeClaim', 'Update', undefined, shortObject('pvc other'))).toBe('Skip')
    expect(hint('PersistentVolumeClaim', 'Update', undefined, shortObject('pvc data ns=team'))).toBe('Skip')
  })

  test('any volume, and any node that is new or relabelled', () => {
    expect(hint('PersistentVolume', 'Add', undefined, shortObject('pv pv1'))).toBe('Queue')
    expect(hint('Node', 'UpdateNodeLabel', undefined, undefined)).toBe('Queue')
    expect(hint('Node', 'UpdateNodeTaint', undefined, undefined)).toBe('deaf')
  })

  test('room that is new or grew', () => {
    expect(hint('storage.k8s.io/CSIStorageCapacity', 'Add', undefined, shortObject('room r class=fast size=5Gi zone=z1'))).toBe('Queue')
    expect(hint('storage.k8s.io/CSIStorageCapacity', 'Update', shortObject('room r class=fast size=5Gi zone=z1'), shortObject('room r class=fast size=9Gi zone=z1'))).toBe('Queue')
    expect(hint('storage.k8s.io/CSIStorageCapacity', 'Update', shortObject('room r class=fast size=9Gi zone=z1'), shortObject('room r class=fast size=5Gi zone=z1'))).toBe('Skip')
  })
})
