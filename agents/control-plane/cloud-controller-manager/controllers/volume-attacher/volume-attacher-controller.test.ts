import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { persistentVolumes, volumeAttachments } from '../../../../api/resources.ts'
import { FakeCloud, sampleConfig } from '../../testing/fake-cloud.ts'
import { attacherFinalizer, createVolumeAttacherControllers } from './volume-attacher-controller.ts'

async function scene() {
  const made = createControllerScene()
  const cloud = new FakeCloud()
  cloud.disks.set('h1', { id: 'h1', sizeBytes: 1, node: null })
  await made.start(...createVolumeAttacherControllers(sampleConfig(cloud)))
  const putVolume = () => made.cluster.put(persistentVolumes, { metadata: { name: 'v1' }, spec: { csi: { driver: 'disk.kubarium.dev', volumeHandle: 'h1' } }, status: { phase: 'Bound' } } as never)
  const put = (attacher = 'disk.kubarium.dev') => made.cluster.put(volumeAttachments, { metadata: { name: 'a' }, spec: { attacher, nodeName: 'n1', source: { persistentVolumeName: 'v1' } } } as never)
  const read = () => made.cluster.peek(volumeAttachments, { name: 'a' })
  return { made, cloud, putVolume, put, read }
}

describe('volume attacher', () => {
  it('AT1 AT2: plugs the disk in and says so', async () => {
    const { made, cloud, putVolume, put, read } = await scene()
    await using _ = made
    putVolume()
    put()
    await made.settle()
    expect(cloud.changes).toEqual(['h1 into n1'])
    expect(read()).toMatchObject({ metadata: { finalizers: [attacherFinalizer] }, status: { attached: true } })
    expect(made.cluster.peek(persistentVolumes, { name: 'v1' })!.metadata.finalizers).toEqual([attacherFinalizer])
  })

  it('AT1: an attachment that comes before its volume waits for it; others\' are left alone', async () => {
    const { made, cloud, putVolume, put } = await scene()
    await using _ = made
    put()
    await made.settle()
    putVolume()
    await made.settle()
    expect(cloud.changes).toEqual(['h1 into n1'])
    made.cluster.put(volumeAttachments, { metadata: { name: 'b' }, spec: { attacher: 'other', nodeName: 'n2', source: { persistentVolumeName: 'v1' } } } as never)
    await made.settle()
    expect(cloud.changes).toEqual(['h1 into n1'])
  })

  it('AT2: a failure is told, and tried again', async () => {
    const { made, cloud, putVolume, put, read } = await scene()
    await using _ = made
    cloud.failure = new Error('n1 is not running')
    putVolume()
    put()
    await made.settle()
    expect(read()!.status).toMatchObject({ attached: false, attachError: { message: 'n1 is not running' } })
    cloud.failure = undefined
    await made.settle(3_000)
    expect(read()!.status).toEqual({ attached: true })
  })

  it('AT3 AT4: a deleted attachment lets go when the disk is out, then so does a deleted volume', async () => {
    const { made, cloud, putVolume, put, read } = await scene()
    await using _ = made
    putVolume()
    put()
    await made.settle()
    await made.cluster.delete(persistentVolumes, { name: 'v1' })
    cloud.failure = new Error('the machine does not let go')
    await made.cluster.delete(volumeAttachments, { name: 'a' })
    await made.settle()
    expect(read()!.status).toMatchObject({ detachError: { message: 'the machine does not let go' } })
    expect(made.cluster.peek(persistentVolumes, { name: 'v1' })).toBeDefined()
    cloud.failure = undefined
    await made.settle(3_000)
    expect(read()).toBeUndefined()
    expect(cloud.changes.at(-1)).toBe('h1 out of n1')
    expect(made.cluster.peek(persistentVolumes, { name: 'v1' })).toBeUndefined()
  })
})
