import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { events, persistentVolumeClaims, persistentVolumes } from '../../../../api/resources.ts'
import { FakeCloud, sampleConfig } from '../../testing/fake-cloud.ts'
import { createVolumeResizerController } from './volume-resizer-controller.ts'

const key = { namespace: 'default', name: 'data' }

async function scene(driver = 'disk.kubarium.dev') {
  const made = createControllerScene()
  const cloud = new FakeCloud()
  cloud.disks.set('h1', { id: 'h1', sizeBytes: 1024 ** 3, node: null })
  made.cluster.put(persistentVolumes, { metadata: { name: 'v1' }, spec: { capacity: { storage: '1Gi' }, claimRef: { ...key, uid: 'u1' }, csi: { driver, volumeHandle: 'h1' } }, status: { phase: 'Bound' } } as never)
  made.cluster.put(persistentVolumeClaims, { metadata: { ...key, uid: 'u1' }, spec: { volumeName: 'v1', resources: { requests: { storage: '1Gi' } } }, status: { phase: 'Bound', capacity: { storage: '1Gi' } } } as never)
  await made.start(createVolumeResizerController(sampleConfig(cloud)))
  const ask = (storage: string) => made.cluster.patch(persistentVolumeClaims, key, { spec: { resources: { requests: { storage } } } }, { patchType: 'merge' })
  const claim = () => made.cluster.peek(persistentVolumeClaims, key)!
  const capacity = () => made.cluster.peek(persistentVolumes, { name: 'v1' })!.spec.capacity
  return { made, cloud, ask, claim, capacity }
}

describe('volume resizer', () => {
  it('RZ1: disk, then volume, then the claim waits for its node', async () => {
    const { made, cloud, ask, claim, capacity } = await scene()
    await using _ = made
    await ask('2500M')
    await made.settle(1_000)
    expect(cloud.changes).toEqual(['volume h1 of 2500853760'])
    expect(capacity()).toEqual({ storage: '2385Mi' })
    expect(claim().status).toMatchObject({ capacity: { storage: '1Gi' }, allocatedResourceStatuses: { storage: 'NodeResizePending' }, conditions: [{ type: 'FileSystemResizePending', status: 'True' }] })
    expect(made.cluster.all(events).map(({ reason }) => reason)).toEqual(['Resizing', 'FileSystemResizeRequired'])
  })

  it('RZ2: nothing is done for what is large enough, or another driver\'s', async () => {
    const { made, cloud, ask } = await scene('other.example.com')
    await using _ = made
    await ask('2Gi')
    await made.settle(1_000)
    expect(cloud.changes).toEqual([])
    const mine = await scene()
    await using __ = mine.made
    await mine.ask('512Mi')
    await mine.made.settle(1_000)
    expect(mine.cloud.changes).toEqual([])
  })

  it('RZ3: a failure is told and tried again', async () => {
    const { made, cloud, ask, capacity } = await scene()
    await using _ = made
    cloud.failure = new Error('no space left')
    await ask('2Gi')
    await made.settle(1_000)
    expect(made.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)).toContain('VolumeResizeFailed: resize volume v1 failed: no space left')
    cloud.failure = undefined
    await made.settle(6_000)
    expect(capacity()).toEqual({ storage: '2Gi' })
  })
})
