import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { nodes, pods } from '../../../../api/resources.ts'
import { sampleConfig } from '../../controller-config.sample.ts'
import { createPodGcController } from './pod-gc-controller.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(createPodGcController({ ...sampleConfig, terminatedPodGcThreshold: 2 }))
})
afterEach(() => scene[Symbol.asyncDispose]())

const names = () => scene.cluster.all(pods).map(({ metadata }) => metadata.name)
const put = (name: string, nodeName = '', phase = 'Running', creationTimestamp = '2026-01-01T00:00:00Z') => scene.cluster.put(pods, { metadata: { namespace: 'default', name, creationTimestamp }, spec: { nodeName, containers: [] }, status: { phase } })

describe('pod garbage collector', () => {
  it('PG1, PG5: Pods of a node that is gone go after 40 s, marked first', async () => {
    scene.cluster.put(nodes, { metadata: { name: 'n1' }, spec: {} })
    put('web', 'n1')
    await scene.settle()
    scene.cluster.vanish(nodes, { name: 'n1' })
    await scene.settle(35_000)
    expect(names()).toEqual(['web'])
    await scene.settle(10_000)
    expect(names()).toEqual([])
    expect(scene.cluster.writes).toEqual(['patch pods/status default/web', 'delete pods default/web'])
  })

  it('PG2: a Pod that was never on a node goes at once when deleted', async () => {
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'held', deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }, spec: { containers: [] } })
    await scene.settle()
    expect(names()).toEqual([])
  })

  it('PG3: a Pod being deleted on a node out of service goes', async () => {
    scene.cluster.put(nodes, { metadata: { name: 'n1' }, spec: {}, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } })
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'stuck', deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }, spec: { nodeName: 'n1', containers: [] } })
    await scene.settle(60_000)
    expect(names()).toEqual(['stuck'])
    scene.cluster.put(nodes, { metadata: { name: 'n1' }, spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] }, status: { conditions: [{ type: 'Ready', status: 'Unknown' }] } })
    await scene.settle()
    expect(names()).toEqual([])
  })

  it('PG4: the oldest finished Pods beyond the threshold go', async () => {
    scene.cluster.put(nodes, { metadata: { name: 'n1' }, spec: {} })
    put('c', 'n1', 'Succeeded', '2026-01-03T00:00:00Z')
    put('a', 'n1', 'Failed', '2026-01-01T00:00:00Z')
    put('b', 'n1', 'Succeeded', '2026-01-02T00:00:00Z')
    put('running', 'n1', 'Running', '2025-01-01T00:00:00Z')
    await scene.settle()
    expect(names()).toEqual(['c', 'b', 'running'])
  })
})
