import { describe, expect, it } from 'vitest'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { persistentVolumeClaims, volumeAttributesClasses } from '../../../../api/resources.ts'
import { volumeAttributesClassProtectionController } from './volume-attributes-class-protection-controller.ts'

describe('volume attributes class protection', () => {
  it('AP1 AP2: a class stays while a claim asks for it, has it, or is being changed to it', async () => {
    await using scene = createControllerScene()
    const claim = (spec: object, status: object) => scene.cluster.put(persistentVolumeClaims, { metadata: { namespace: 'default', name: 'c' }, spec, status } as never)
    scene.cluster.put(volumeAttributesClasses, { metadata: { name: 'fast' }, driverName: 'd' } as never)
    claim({ volumeAttributesClassName: 'fast' }, {})
    await scene.start(volumeAttributesClassProtectionController)
    const left = () => scene.cluster.all(volumeAttributesClasses).map(({ metadata }) => metadata.finalizers)
    expect(left()).toEqual([['kubernetes.io/vac-protection']])
    await scene.cluster.delete(volumeAttributesClasses, { name: 'fast' })
    for (const status of [{ currentVolumeAttributesClassName: 'fast' }, { modifyVolumeStatus: { status: 'InProgress', targetVolumeAttributesClassName: 'fast' } }]) {
      claim({}, status)
      await scene.settle()
      expect(left()).toHaveLength(1)
    }
    claim({}, {})
    await scene.settle()
    expect(left()).toEqual([])
  })
})
