import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { Toleration } from '../../../../api/groups/core-v1/types.ts'
import { nodes, pods } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { evictionTimeMs } from './plan-eviction.ts'
import { taintEvictionController } from './taint-eviction-controller.ts'

const taint = { key: 'gone', effect: 'NoExecute', timeAdded: timeText(10_000) }

describe('eviction time', () => {
  it.each<[string, Toleration[], number | undefined]>([
    ['TE1: nothing covers it', [], 99_000],
    ['TE1: another effect does not cover it', [{ key: 'gone', operator: 'Exists', effect: 'NoSchedule' }], 99_000],
    ['TE2: covered without limit', [{ key: 'gone', operator: 'Exists' }], undefined],
    ['TE2: everything is tolerated', [{ operator: 'Exists' }], undefined],
    ['TE2: the shortest limit counts', [{ key: 'gone', operator: 'Exists', tolerationSeconds: 60 }, { key: 'gone', operator: 'Exists', tolerationSeconds: 20 }], 30_000],
    ['TE2: a negative limit means now', [{ key: 'gone', operator: 'Exists', tolerationSeconds: -5 }], 10_000],
  ])('%s', (_rule, tolerations, time) => {
    expect(evictionTimeMs([taint], tolerations, 99_000)).toBe(time)
  })

  it('TE3: the earliest of several taints counts', () => {
    expect(evictionTimeMs([taint, { ...taint, key: 'b' }], [{ key: 'gone', operator: 'Exists', tolerationSeconds: 60 }, { key: 'b', operator: 'Exists', tolerationSeconds: 5 }], 99_000)).toBe(15_000)
  })
})

describe('taint eviction controller', () => {
  let scene: ControllerScene
  beforeEach(async () => {
    scene = createControllerScene()
    await scene.start(taintEvictionController)
  })
  afterEach(() => scene[Symbol.asyncDispose]())

  const key = { namespace: 'default', name: 'web' }
  const place = (tolerations: Toleration[]) => scene.cluster.put(pods, { metadata: key, spec: { nodeName: 'n1', containers: [], tolerations }, status: { phase: 'Running' } })
  const setTaints = (keys: string[]) => scene.cluster.put(nodes, { metadata: { name: 'n1' }, spec: { taints: keys.map(name => ({ key: name, effect: 'NoExecute', timeAdded: timeText(scene.clock.now()) })) } })
  const pod = () => scene.cluster.peek(pods, key)!

  it('TV2: marks and deletes a Pod that does not tolerate the taint', async () => {
    setTaints([])
    place([])
    await scene.settle()
    setTaints(['gone'])
    await scene.settle()
    expect(pod().metadata.deletionTimestamp).toBeDefined()
    expect(pod().status.conditions).toMatchObject([{ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }])
  })

  it('TV3: waits for tolerationSeconds, and forgets it if the taint goes in time', async () => {
    place([{ key: 'gone', operator: 'Exists', tolerationSeconds: 60 }])
    setTaints(['gone'])
    await scene.settle(50_000)
    setTaints([])
    await scene.settle(20_000)
    expect(pod().metadata.deletionTimestamp).toBeUndefined()
    setTaints(['gone'])
    await scene.settle(61_000)
    expect(pod().metadata.deletionTimestamp).toBeDefined()
  })

  it('TV1: a controller that starts anew counts from the time of the taint', async () => {
    await using _first = scene
    scene = createControllerScene()
    place([{ key: 'gone', operator: 'Exists', tolerationSeconds: 60 }])
    setTaints(['gone'])
    await scene.settle(50_000)
    await scene.start(taintEvictionController)
    await scene.settle(9_000)
    expect(pod().metadata.deletionTimestamp).toBeUndefined()
    await scene.settle(2_000)
    expect(pod().metadata.deletionTimestamp).toBeDefined()
  })
})
