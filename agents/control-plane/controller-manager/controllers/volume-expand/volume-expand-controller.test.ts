import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { events, persistentVolumeClaims, persistentVolumes } from '../../../../api/resources.ts'
import { volumeExpandController } from './volume-expand-controller.ts'

describe('volume expand controller', () => {
  it('EX1: tells who waits for a volume to grow', async () => {
    await using scene = createControllerScene()
    const claim = (asked: string, phase = 'Bound') => scene.cluster.put(persistentVolumeClaims, { metadata: { namespace: 'default', name: 'c', uid: 'c' }, spec: { volumeName: 'v', resources: { requests: { storage: asked } } }, status: { phase, capacity: { storage: '1Gi' } } } as never)
    scene.cluster.put(persistentVolumes, { metadata: { name: 'v' }, spec: { claimRef: { namespace: 'default', name: 'c', uid: 'c' } } } as never)
    claim('1Gi')
    await scene.start(volumeExpandController)
    claim('2Gi', 'Pending')
    await scene.settle(100)
    expect(scene.cluster.all(events)).toEqual([])
    claim('3Gi')
    await scene.settle(100)
    expect(scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)).toEqual(['ExternalExpanding: waiting for an external controller to expand this PVC'])
  })
})
