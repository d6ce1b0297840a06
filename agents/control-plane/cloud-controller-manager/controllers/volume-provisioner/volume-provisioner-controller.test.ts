import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { events, persistentVolumeClaims, persistentVolumes, storageClasses, volumeAttachments } from '../../../../api/resources.ts'
import { FakeCloud, sampleConfig } from '../../testing/fake-cloud.ts'
import { createVolumeProvisionerControllers } from './volume-provisioner-controller.ts'

const key = { namespace: 'default', name: 'data' }
const marked = { 'volume.kubernetes.io/storage-provisioner': 'disk.kubarium.dev' }
const chosen = { ...marked, 'volume.kubernetes.io/selected-node': 'n1' }

async function scene(parameters: object = {}) {
  const made = createControllerScene()
  const cloud = new FakeCloud()
  made.cluster.put(storageClasses, { metadata: { name: 'standard' }, provisioner: 'disk.kubarium.dev', reclaimPolicy: 'Delete', volumeBindingMode: 'WaitForFirstConsumer', mountOptions: ['noatime'], parameters } as never)
  await made.start(...createVolumeProvisionerControllers(sampleConfig(cloud)))
  const put = (annotations: object, spec: object = {}) => made.cluster.put(persistentVolumeClaims, { metadata: { ...key, uid: 'u1', annotations }, spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'standard', resources: { requests: { storage: '1500M' } }, ...spec }, status: { phase: 'Pending' } } as never)
  const told = () => made.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)
  return { made, cloud, put, told }
}

describe('volume provisioner', () => {
  it('VP1 VP2 VP3 VC1: waits for the node, then makes the disk and its volume', async () => {
    const { made, cloud, put, told } = await scene()
    await using _ = made
    put(marked)
    await made.settle()
    expect(cloud.changes).toEqual([])
    put(chosen)
    await made.settle(1_000)
    expect(cloud.changes).toEqual(['volume pvc-u1 of 1500512256'])
    expect(made.cluster.peek(persistentVolumes, { name: 'pvc-u1' })).toMatchObject({
      metadata: { annotations: { 'pv.kubernetes.io/provisioned-by': 'disk.kubarium.dev' }, finalizers: ['external-provisioner.volume.kubernetes.io/finalizer'] },
      spec: { capacity: { storage: '1431Mi' }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Delete', storageClassName: 'standard', mountOptions: ['noatime'], claimRef: { namespace: 'default', name: 'data', uid: 'u1' }, csi: { driver: 'disk.kubarium.dev', volumeHandle: 'pvc-u1', fsType: 'ext4' } },
    })
    expect(told()).toEqual(['Provisioning: External provisioner is provisioning volume for claim "default/data"', 'ProvisioningSucceeded: Successfully provisioned volume pvc-u1'])
  })

  it('VP3: a request of almost nothing gets room for a file system', async () => {
    const { made, cloud, put } = await scene()
    await using _ = made
    put(chosen, { resources: { requests: { storage: '1' } } })
    await made.settle()
    expect(cloud.changes).toEqual(['volume pvc-u1 of 16777216'])
  })

  it.each([
    [{ accessModes: ['ReadWriteMany'] }, {}, 'access mode ReadWriteMany is not supported: a disk can be in one machine at a time'],
    [{}, { tier: 'gold' }, 'unknown parameter "tier" of StorageClass standard; known: csi.storage.k8s.io/fstype'],
    [{}, { 'csi.storage.k8s.io/fstype': 'xfs' }, 'file system "xfs" is not supported, only ext4'],
  ])('VP4 VC2: %j with parameters %j is refused by name', async (spec, parameters, why) => {
    const { made, cloud, put, told } = await scene(parameters)
    await using _ = made
    put(chosen, spec)
    await made.settle(1_000)
    expect(cloud.changes).toEqual([])
    expect(told()).toEqual([`ProvisioningFailed: failed to provision volume with StorageClass "standard": ${why}`])
  })

  it('VC2: a cloud that fails is asked again', async () => {
    const { made, cloud, put, told } = await scene()
    await using _ = made
    cloud.failure = new Error('no space left')
    put(chosen)
    await made.settle(1_000)
    expect(told()).toContain('ProvisioningFailed: failed to provision volume with StorageClass "standard": no space left')
    cloud.failure = undefined
    await made.settle(6_000)
    expect(made.cluster.peek(persistentVolumes, { name: 'pvc-u1' })).toBeDefined()
  })

  it('VP5 VC3: a released volume goes with its disk, when no machine has it', async () => {
    const { made, cloud, put, told } = await scene()
    await using _ = made
    put(chosen)
    await made.settle()
    const attachment = made.cluster.put(volumeAttachments, { metadata: { name: 'va' }, spec: { attacher: 'disk.kubarium.dev', nodeName: 'n1', source: { persistentVolumeName: 'pvc-u1' } } } as never)
    await made.cluster.patch(persistentVolumes, { name: 'pvc-u1' }, { status: { phase: 'Released' } }, { patchType: 'merge', subresource: 'status' })
    await made.settle(1_000)
    expect(told()).toContain('VolumeFailedDelete: persistentvolume pvc-u1 is still attached to node n1')
    expect(cloud.disks.size).toBe(1)
    made.cluster.vanish(volumeAttachments, { name: attachment.metadata.name })
    await made.settle(1_000)
    expect(cloud.disks.size).toBe(0)
    expect(made.cluster.peek(persistentVolumes, { name: 'pvc-u1' })).toBeUndefined()
  })

  it('VP5: a volume that is kept, or somebody else\'s, is left alone', async () => {
    const { made, cloud } = await scene()
    await using _ = made
    made.cluster.put(persistentVolumes, { metadata: { name: 'kept', annotations: { 'pv.kubernetes.io/provisioned-by': 'disk.kubarium.dev' } }, spec: { persistentVolumeReclaimPolicy: 'Retain' }, status: { phase: 'Released' } } as never)
    made.cluster.put(persistentVolumes, { metadata: { name: 'other' }, spec: { persistentVolumeReclaimPolicy: 'Delete' }, status: { phase: 'Released' } } as never)
    await made.settle(1_000)
    expect(cloud.changes).toEqual([])
    expect(made.cluster.all(persistentVolumes)).toHaveLength(2)
  })
})
