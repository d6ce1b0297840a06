import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { PersistentVolumeClaimSpec, PersistentVolumeSpec } from '../../../../api/groups/core-v1/types.ts'
import { events, persistentVolumeClaims, persistentVolumes, pods, storageClasses } from '../../../../api/resources.ts'
import { claimProtectionController } from '../claim-protection/claim-protection-controller.ts'
import { ephemeralVolumeController } from '../ephemeral-volume/ephemeral-volume-controller.ts'
import { volumeProtectionController } from '../volume-protection/volume-protection-controller.ts'
import { claimBinderController, volumeBinderController } from './volume-binder-controller.ts'

const at = { namespace: 'default', name: 'data' }
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(claimBinderController, volumeBinderController, claimProtectionController, volumeProtectionController, ephemeralVolumeController)
})
afterEach(() => scene[Symbol.asyncDispose]())

const volume = (name: string, storage: string, spec: Partial<PersistentVolumeSpec> = {}) => scene.cluster.create(persistentVolumes, { metadata: { name }, spec: { capacity: { storage }, accessModes: ['ReadWriteOnce'], persistentVolumeReclaimPolicy: 'Retain', ...spec } })
async function claim(storage: string, spec: Partial<PersistentVolumeClaimSpec> = {}) {
  await scene.cluster.create(persistentVolumeClaims, { metadata: at, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...spec } })
  await scene.settle()
}
const bound = () => {
  const found = scene.cluster.peek(persistentVolumeClaims, at)
  return `${found?.status.phase} ${found?.spec.volumeName ?? ''}`.trim()
}
const phases = () => scene.cluster.all(persistentVolumes).map(({ metadata, status }) => `${metadata.name} ${status.phase}`)

describe('volume binder', () => {
  it('VB2: takes the smallest volume that is large enough', async () => {
    await volume('huge', '10Gi')
    await volume('fits', '2Gi')
    await volume('small', '500Mi')
    await claim('1Gi')
    expect(bound()).toBe('Bound fits')
    expect(phases()).toEqual(['huge Available', 'fits Bound', 'small Available'])
    expect(scene.cluster.peek(persistentVolumeClaims, at)!.status.capacity).toEqual({ storage: '2Gi' })
  })

  it('VB2: of the volumes with the fewest access modes the smallest, even if one with more is smaller', async () => {
    await volume('many-modes', '1Gi', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany', 'ReadWriteMany'] })
    await volume('two-modes', '2Gi', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] })
    await volume('exact-large', '9Gi')
    await volume('exact', '8Gi')
    await claim('1Gi')
    expect(bound()).toBe('Bound exact')
  })

  it('VB1: a volume kept for the claim without the access modes asked for is left', async () => {
    await volume('kept', '1Gi', { accessModes: ['ReadOnlyMany'], claimRef: { namespace: 'default', name: 'data' } })
    await volume('free', '5Gi')
    await claim('1Gi')
    expect(bound()).toBe('Bound free')
  })

  it('VB3: free volumes of a class that waits are the scheduler\'s, also when it chose a node; one kept for the claim is bound', async () => {
    await scene.cluster.create(storageClasses, { metadata: { name: 'local' }, provisioner: 'kubernetes.io/no-provisioner', volumeBindingMode: 'WaitForFirstConsumer' })
    await volume('free', '1Gi', { storageClassName: 'local' })
    await claim('1Gi', { storageClassName: 'local' })
    await scene.cluster.patch(persistentVolumeClaims, at, { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } } }, { patchType: 'merge' })
    await scene.settle()
    expect(bound()).toBe('Pending')
    await scene.cluster.patch(persistentVolumes, { name: 'free' }, { spec: { claimRef: { namespace: 'default', name: 'data' } } }, { patchType: 'merge' })
    await scene.settle()
    expect(bound()).toBe('Bound free')
  })

  it.each<[string, string, Partial<PersistentVolumeSpec>, Partial<PersistentVolumeClaimSpec>, string]>([
    ['too small', 'VolumeMismatch', { capacity: { storage: '500Mi' } }, {}, 'Cannot bind to requested volume "asked": requested PV is too small'],
    ['of another class', 'VolumeMismatch', { storageClassName: 'fast' }, {}, 'Cannot bind to requested volume "asked": storageClassName does not match'],
    ['of another mode', 'VolumeMismatch', { volumeMode: 'Block' }, {}, 'Cannot bind to requested volume "asked": incompatible volumeMode'],
    ['without the access modes', 'VolumeMismatch', {}, { accessModes: ['ReadWriteMany'] }, 'Cannot bind to requested volume "asked": incompatible accessMode'],
    ['another\'s', 'FailedBinding', { claimRef: { namespace: 'default', name: 'other', uid: 'u' } }, {}, 'volume "asked" already bound to a different claim.'],
  ])('BC6: a volume that the claim names and that is %s is not bound', async (_, reason, volumeSpec, claimSpec, message) => {
    await volume('asked', '1Gi', volumeSpec)
    await claim('1Gi', { volumeName: 'asked', storageClassName: '', ...claimSpec })
    expect(bound()).toBe('Pending asked')
    expect(scene.cluster.all(events).map(event => [event.reason, event.message])).toEqual([[reason, message]])
  })

  it('BC7: a default class that comes later is given to claims that name none, not to those that name none on purpose', async () => {
    await claim('1Gi')
    const purpose = { namespace: 'default', name: 'purpose' }
    await scene.cluster.create(persistentVolumeClaims, { metadata: purpose, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '' } })
    await scene.cluster.create(storageClasses, { metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } }, provisioner: 'disk.example.com' })
    await scene.settle()
    expect(scene.cluster.peek(persistentVolumeClaims, at)!.spec.storageClassName).toBe('standard')
    expect(scene.cluster.peek(persistentVolumeClaims, at)!.metadata.annotations).toMatchObject({ 'volume.kubernetes.io/storage-provisioner': 'disk.example.com' })
    expect(scene.cluster.peek(persistentVolumeClaims, purpose)!.spec.storageClassName).toBe('')
  })

  it('waits for a volume, and takes it when it comes', async () => {
    await claim('1Gi', { storageClassName: 'manual' })
    await volume('other-class', '1Gi')
    await scene.settle()
    expect(bound()).toBe('Pending')
    await volume('match', '1Gi', { storageClassName: 'manual' })
    await scene.settle()
    expect(bound()).toBe('Bound match')
  })

  it('VB1: a volume kept for the claim is its own', async () => {
    await volume('better', '1Gi')
    await volume('kept', '5Gi', { claimRef: { namespace: 'default', name: 'data' } })
    await claim('1Gi')
    expect(bound()).toBe('Bound kept')
  })

  it('VB1: a volume kept for the claim that is too small is left, and a free one taken', async () => {
    await volume('kept', '500Mi', { claimRef: { namespace: 'default', name: 'data' } })
    await claim('1Gi')
    expect(bound()).toBe('Pending')
    await volume('free', '1Gi')
    await scene.settle()
    expect(bound()).toBe('Bound free')
  })

  it('BC1: a crash after any write leaves one volume bound in the end', async () => {
    for (let crashAt = 1; crashAt <= 5; crashAt++) {
      await using other = createControllerScene()
      let writes = 0
      using _crash = other.cluster.onRequest(({ verb }) => ((verb === 'update' || verb === 'patch') && ++writes === crashAt ? new Error('crashed') : undefined))
      await other.start(claimBinderController, volumeBinderController)
      for (const name of ['a', 'b']) other.cluster.put(persistentVolumes, { metadata: { name }, spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'] } })
      other.cluster.put(persistentVolumeClaims, { metadata: at, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } })
      await other.settle(5_000)
      expect(other.cluster.all(persistentVolumes).map(({ status }) => status.phase), `crash at write ${crashAt}`).toEqual(['Bound', 'Available'])
      expect(other.cluster.peek(persistentVolumeClaims, at)!.status.phase).toBe('Bound')
    }
  })

  it('BC2, VB3: leaves it to the provisioner, once a node is chosen if the class wants that', async () => {
    scene.cluster.put(storageClasses, { metadata: { name: 'lab' }, provisioner: 'disks.example.com', volumeBindingMode: 'WaitForFirstConsumer' })
    await scene.settle()
    await claim('1Gi', { storageClassName: 'lab' })
    const asked = () => scene.cluster.peek(persistentVolumeClaims, at)!.metadata.annotations?.['volume.kubernetes.io/storage-provisioner']
    expect(asked()).toBeUndefined()
    await scene.cluster.patch(persistentVolumeClaims, at, { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } } }, { patchType: 'merge' })
    await scene.settle()
    expect(asked()).toBe('disks.example.com')
  })

  it('BC4, BC5: tells why a claim is not bound', async () => {
    const told = async () => {
      await scene.settle(100)
      return scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)
    }
    await claim('1Gi', { storageClassName: 'missing' })
    expect(await told()).toEqual(['ProvisioningFailed: storageclass.storage.k8s.io "missing" not found'])
    scene.cluster.put(storageClasses, { metadata: { name: 'missing' }, provisioner: 'kubernetes.io/no-provisioner' })
    expect((await told()).at(-1)).toBe('ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner')
    scene.cluster.put(storageClasses, { metadata: { name: 'missing' }, provisioner: 'x', volumeBindingMode: 'WaitForFirstConsumer' })
    expect((await told()).at(-1)).toBe('WaitForFirstConsumer: waiting for first consumer to be created before binding')
    for (const name of ['a', 'b']) scene.cluster.put(pods, { metadata: { namespace: 'default', name }, spec: { containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] } })
    await scene.cluster.patch(storageClasses, { name: 'missing' }, { metadata: { labels: { a: 'b' } } }, { patchType: 'merge' })
    expect((await told()).at(-1)).toBe('WaitForPodScheduled: waiting for pods a,b to be scheduled')
  })

  it('BC3: tells of lost volumes and released ones', async () => {
    await volume('one', '1Gi')
    await claim('1Gi')
    scene.cluster.vanish(persistentVolumeClaims, at)
    await scene.settle()
    expect(phases()).toEqual(['one Released'])
    await volume('two', '1Gi')
    await claim('1Gi')
    expect(bound()).toBe('Bound two')
    scene.cluster.vanish(persistentVolumes, { name: 'two' })
    await scene.settle()
    expect(bound()).toBe('Lost two')
  })

  it('BC3: a volume that was deleted while it was bound is released too, so that it can go', async () => {
    await volume('one', '1Gi')
    await claim('1Gi')
    const one = scene.cluster.peek(persistentVolumes, { name: 'one' })!
    scene.cluster.put(persistentVolumes, { ...one, metadata: { ...one.metadata, finalizers: ['example.com/held'], deletionTimestamp: one.metadata.creationTimestamp } })
    scene.cluster.vanish(persistentVolumeClaims, at)
    await scene.settle()
    expect(phases()).toEqual(['one Released'])
  })

  it('PP1, PP2, VP1, VP2: a claim in use stays until its Pod has gone, a volume until its claim has', async () => {
    await volume('one', '1Gi')
    await claim('1Gi')
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'user' }, spec: { nodeName: 'n1', containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] }, status: { phase: 'Running' } })
    await scene.settle()
    await scene.cluster.delete(persistentVolumeClaims, at)
    await scene.cluster.delete(persistentVolumes, { name: 'one' })
    await scene.settle()
    expect([scene.cluster.all(persistentVolumeClaims).length, scene.cluster.all(persistentVolumes).length]).toEqual([1, 1])
    scene.cluster.vanish(pods, { namespace: 'default', name: 'user' })
    await scene.settle()
    expect(scene.cluster.all(persistentVolumeClaims)).toEqual([])
  })

  it('EV1: makes the claims of ephemeral volumes, owned by the Pod', async () => {
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'web' }, spec: { containers: [], volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1Gi' } } } } } }] } })
    await scene.settle()
    expect(scene.cluster.all(persistentVolumeClaims).map(({ metadata }) => [metadata.name, metadata.ownerReferences?.[0]?.name])).toEqual([['web-scratch', 'web']])
  })

  it('EV2: a claim of that name that is not the Pod\'s is left alone, and the Pod told', async () => {
    await scene.cluster.create(persistentVolumeClaims, { metadata: { namespace: 'default', name: 'web-scratch' }, spec: { resources: { requests: { storage: '5Gi' } } } })
    await scene.settle()
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'web' }, spec: { containers: [], volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: { resources: { requests: { storage: '1Gi' } } } } } }] } })
    await scene.settle(100)
    const [claim] = scene.cluster.all(persistentVolumeClaims)
    expect([claim!.metadata.ownerReferences, claim!.spec.resources]).toEqual([undefined, { requests: { storage: '5Gi' } }])
    expect(scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)).toContain('FailedBinding: ephemeral volume scratch: PVC default/web-scratch was not created for pod default/web (pod is not owner)')
  })

  it.each([
    ['below /tmp goes', { hostPath: { path: '/tmp/data' } }, [], undefined],
    ['elsewhere on a node is Failed', { hostPath: { path: '/srv/data' } }, ['kept Failed'], 'host_path deleter only supports /tmp/.+ but received provided /srv/data'],
    ['that is a share is Failed', { nfs: { server: 's', path: '/p' } }, ['kept Failed'], 'error getting deleter volume plugin for volume "kept": no deletable volume plugin matched'],
    ['to be recycled is Failed', { hostPath: { path: '/tmp/data' }, persistentVolumeReclaimPolicy: 'Recycle' }, ['kept Failed'], 'No recycler plugin found for the volume!'],
    ['of a driver is its driver’s', { csi: { driver: 'd', volumeHandle: 'h' } }, ['kept Released'], undefined],
    ['that is to be retained stays', { hostPath: { path: '/tmp/data' }, persistentVolumeReclaimPolicy: 'Retain' }, ['kept Released'], undefined],
  ])('BC8: a released volume %s', async (_what, spec, left, message) => {
    await volume('kept', '1Gi', { persistentVolumeReclaimPolicy: 'Delete', ...spec })
    await claim('1Gi')
    await scene.cluster.delete(persistentVolumeClaims, at)
    await scene.settle()
    expect(phases()).toEqual(left)
    expect(scene.cluster.all(persistentVolumes)[0]?.status.message).toBe(message)
    expect(scene.cluster.all(events).filter(({ reason }) => reason === 'VolumeFailedDelete' || reason === 'VolumeFailedRecycle').map(event => event.message)).toEqual(message === undefined ? [] : [message])
  })
})
