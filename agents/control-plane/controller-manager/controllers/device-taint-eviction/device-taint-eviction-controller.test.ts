import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { DeviceTaint, DeviceToleration } from '../../../../api/groups/resource-v1/types.ts'
import { events, pods, resourceClaims, resourceSlices } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { deviceTaintEvictionController } from './device-taint-eviction-controller.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(deviceTaintEvictionController)
})
afterEach(() => scene[Symbol.asyncDispose]())

const meta = (name: string) => ({ namespace: 'default', name })

async function use(tolerations: DeviceToleration[] = []) {
  scene.cluster.put(pods, { metadata: { ...meta('user'), uid: 'user' }, spec: { nodeName: 'n1', containers: [], resourceClaims: [{ name: 'gpu', resourceClaimName: 'gpu' }] }, status: { phase: 'Running' } })
  scene.cluster.put(resourceClaims, {
    metadata: meta('gpu'), spec: {},
    status: { allocation: { devices: { results: [{ request: 'x', driver: 'd', pool: 'p', device: 'gpu-0', tolerations }] } }, reservedFor: [{ resource: 'pods', name: 'user', uid: 'user' }] },
  })
  await scene.settle()
}

async function taint(...taints: readonly Partial<DeviceTaint>[]) {
  scene.cluster.put(resourceSlices, {
    metadata: { name: 's' },
    spec: { driver: 'd', pool: { name: 'p', generation: 1, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0', taints: taints.map(each => ({ key: 'sick', effect: 'NoExecute', timeAdded: timeText(scene.clock.now()), ...each })) }] },
  })
  await scene.settle()
}

const isLeaving = () => scene.cluster.peek(pods, meta('user'))?.metadata.deletionTimestamp !== undefined

describe('device taint eviction', () => {
  it('DE1 DE5: a pod leaves a device that became tainted, told why first', async () => {
    await use()
    await taint({ effect: 'NoSchedule' })
    expect(isLeaving()).toBe(false)
    await taint({})
    expect(isLeaving()).toBe(true)
    expect(scene.cluster.peek(pods, meta('user'))!.status.conditions).toMatchObject([{ type: 'DisruptionTarget', status: 'True', reason: 'DeletionByDeviceTaintManager' }])
    expect(scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)).toEqual(['DeviceTaintManagerEviction: Marking for deletion'])
  })

  it('DE2: a toleration with seconds counts from the time of the taint, one without holds for ever', async () => {
    await use([{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }])
    await taint({})
    await scene.settle(29_000)
    expect(isLeaving()).toBe(false)
    await scene.settle(2_000)
    expect(isLeaving()).toBe(true)
  })

  it('DE2 DE6: no eviction where it is tolerated, or the taint goes in time', async () => {
    await use([{ key: 'sick', operator: 'Exists', effect: 'NoExecute' }])
    await taint({})
    expect(isLeaving()).toBe(false)
    await use([{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }])
    await taint()
    await scene.settle(60_000)
    expect(isLeaving()).toBe(false)
  })

  it('DE3: a pod that has not reserved the claim stays', async () => {
    await use()
    scene.cluster.put(resourceClaims, { ...scene.cluster.peek(resourceClaims, meta('gpu'))!, status: { ...scene.cluster.peek(resourceClaims, meta('gpu'))!.status, reservedFor: [] } })
    await taint({})
    expect(isLeaving()).toBe(false)
  })

  it('DE4: a controller that starts anew counts from the time of the taint', async () => {
    await using _first = scene
    scene = createControllerScene()
    await use([{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 30 }])
    await taint({})
    await scene.settle(20_000)
    await scene.start(deviceTaintEvictionController)
    await scene.settle(9_000)
    expect(isLeaving()).toBe(false)
    await scene.settle(2_000)
    expect(isLeaving()).toBe(true)
  })

  it('DE7: a taint in a slice of an older generation of the pool is past', async () => {
    scene.cluster.put(resourceSlices, { metadata: { name: 'newer' }, spec: { driver: 'd', pool: { name: 'p', generation: 2, resourceSliceCount: 1 }, devices: [{ name: 'gpu-0' }] } })
    await use()
    await taint({})
    expect(isLeaving()).toBe(false)
  })
})
