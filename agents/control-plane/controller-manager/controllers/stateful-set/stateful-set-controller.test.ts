import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { StatefulSetSpec } from '../../../../api/groups/apps-v1/types.ts'
import { events, persistentVolumeClaims, pods, statefulSets } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { statefulSetController } from './stateful-set-controller.ts'

const at = { namespace: 'default', name: 'db' }
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(statefulSetController)
})
afterEach(() => scene[Symbol.asyncDispose]())

async function create(spec: Partial<StatefulSetSpec> = {}) {
  await scene.cluster.create(statefulSets, { metadata: at, spec: { replicas: 3, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } }, template: { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'c', image: 'db:1' }] } }, ...spec } })
  await scene.settle()
}

/** Kubelets: one step for every Pod. Returns the Pods that served before it. */
async function step() {
  const serving = shown()
  for (const pod of scene.cluster.all(pods)) {
    if (pod.metadata.deletionTimestamp !== undefined) scene.cluster.vanish(pods, { namespace: 'default', name: pod.metadata.name })
    else if (pod.status.phase === 'Pending') scene.cluster.put(pods, { ...pod, spec: { ...pod.spec, nodeName: 'n1' }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: timeText(scene.clock.now()) }] } })
  }
  await scene.settle()
  return serving
}

const shown = () => scene.cluster.all(pods).map(pod => `${pod.metadata.name} ${pod.spec.containers[0]!.image} ${pod.metadata.deletionTimestamp !== undefined ? 'ending' : pod.status.phase}`).toSorted()
const status = () => scene.cluster.peek(statefulSets, at)!.status

async function change(edit: (spec: StatefulSetSpec) => void) {
  const set = scene.cluster.peek(statefulSets, at)!
  edit(set.spec)
  await scene.cluster.update(statefulSets, set)
  await scene.settle()
}

describe('stateful set controller', () => {
  it('SF3, SS1: makes one Pod after the other, each when the one before is ready', async () => {
    await create()
    expect(shown()).toEqual(['db-0 db:1 Pending'])
    await step()
    expect(shown()).toEqual(['db-0 db:1 Running', 'db-1 db:1 Pending'])
    await step()
    await step()
    expect(shown()).toEqual(['db-0 db:1 Running', 'db-1 db:1 Running', 'db-2 db:1 Running'])
    expect(scene.cluster.all(pods)[0]).toMatchObject({ metadata: { labels: { 'statefulset.kubernetes.io/pod-name': 'db-0', 'apps.kubernetes.io/pod-index': '0' } }, spec: { hostname: 'db-0', subdomain: 'db' } })
    expect(status()).toMatchObject({ replicas: 3, readyReplicas: 3, availableReplicas: 3, currentReplicas: 3, updatedReplicas: 3 })
  })

  it('SS1, SS2: Parallel makes and removes all at once', async () => {
    await create({ podManagementPolicy: 'Parallel' })
    expect(shown()).toHaveLength(3)
    await step()
    await change(spec => { spec.replicas = 0 })
    expect(shown()).toEqual(['db-0 db:1 ending', 'db-1 db:1 ending', 'db-2 db:1 ending'])
  })

  it('SS2: scales down from the top, one at a time', async () => {
    await create({ podManagementPolicy: 'Parallel' })
    await step()
    await scene.cluster.patch(statefulSets, at, { spec: { podManagementPolicy: 'OrderedReady', replicas: 1 } }, { patchType: 'merge' })
    await scene.settle()
    expect(shown()).toEqual(['db-0 db:1 Running', 'db-1 db:1 Running', 'db-2 db:1 ending'])
    await step()
    expect(shown()).toEqual(['db-0 db:1 Running', 'db-1 db:1 ending'])
    await step()
    expect(shown()).toEqual(['db-0 db:1 Running'])
  })

  it('SF4, SS4: updates from the top down, never with more than one Pod down, until all are at the new revision', async () => {
    await create()
    for (let count = 0; count < 4; count++) await step()
    await change(spec => { spec.template.spec!.containers[0]!.image = 'db:2' })
    expect(status().currentRevision).not.toBe(status().updateRevision)
    const order: string[] = []
    for (let count = 0; count < 9; count++) {
      const serving = await step()
      expect(serving.filter(line => line.endsWith('Running')).length).toBeGreaterThanOrEqual(2)
      for (const line of shown()) if (line.includes('db:2') && !order.includes(line.split(' ')[0]!)) order.push(line.split(' ')[0]!)
    }
    expect(order).toEqual(['db-2', 'db-1', 'db-0'])
    expect(status()).toMatchObject({ updatedReplicas: 3, currentReplicas: 3 })
    expect(status().currentRevision).toBe(status().updateRevision)
  })

  it('SS4, SS5: the partition holds back lower ordinals, also when they are made again', async () => {
    await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } } })
    for (let count = 0; count < 4; count++) await step()
    await change(spec => { spec.template.spec!.containers[0]!.image = 'db:2' })
    for (let count = 0; count < 4; count++) await step()
    scene.cluster.vanish(pods, { namespace: 'default', name: 'db-0' })
    for (let count = 0; count < 3; count++) await step()
    expect(shown()).toEqual(['db-0 db:1 Running', 'db-1 db:1 Running', 'db-2 db:2 Running'])
  })

  it('SS4: an update that never gets ready can be taken back', async () => {
    await create({ podManagementPolicy: 'Parallel' })
    await step()
    await change(spec => { spec.template.spec!.containers[0]!.image = 'broken' })
    scene.cluster.vanish(pods, { namespace: 'default', name: 'db-2' })
    await scene.settle()
    expect(shown()).toEqual(['db-0 db:1 Running', 'db-1 db:1 Running', 'db-2 broken Pending'])
    await change(spec => { spec.template.spec!.containers[0]!.image = 'db:1' })
    await step()
    await step()
    expect(shown()).toEqual(['db-0 db:1 Running', 'db-1 db:1 Running', 'db-2 db:1 Running'])
  })

  it('SS3: replaces a failed Pod under its name', async () => {
    await create({ replicas: 1 })
    await step()
    const [pod] = scene.cluster.all(pods)
    scene.cluster.put(pods, { ...pod!, status: { phase: 'Failed' } })
    await scene.settle()
    await step()
    await step()
    expect(shown()).toEqual(['db-0 db:1 Running'])
    expect(scene.cluster.all(pods)[0]!.metadata.uid).not.toBe(pod!.metadata.uid)
  })

  it('SF2: claims are made per ordinal, stay when scaled down, and go with their owner if so asked', async () => {
    const volumeClaimTemplates = [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] }, status: {} }] as unknown as StatefulSetSpec['volumeClaimTemplates'] & object
    await create({ replicas: 2, podManagementPolicy: 'Parallel', volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Retain' } })
    await step()
    expect(scene.cluster.all(persistentVolumeClaims).map(({ metadata }) => metadata.name)).toEqual(['data-db-0', 'data-db-1'])
    expect(scene.cluster.all(pods)[0]!.spec.volumes).toEqual([{ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } }])
    expect(scene.cluster.all(persistentVolumeClaims)[0]!.metadata.ownerReferences).toMatchObject([{ kind: 'StatefulSet', name: 'db' }])
    await change(spec => { spec.replicas = 1 })
    await step()
    expect(scene.cluster.all(persistentVolumeClaims)).toHaveLength(2)
  })

  it('SF1: a name that somebody else has taken is no failure, and not fought for', async () => {
    const foreign = scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'db-0' }, spec: { containers: [] }, status: { phase: 'Running' } })
    await create()
    await scene.settle(100)
    expect(scene.cluster.all(pods)).toEqual([foreign])
    expect(scene.cluster.all(events)).toEqual([])
  })

  it('SF1: deletes by uid, so that a successor that takes the name at the last moment is not hit', async () => {
    await create({ replicas: 1 })
    await step()
    using _hook = scene.cluster.onRequest(({ verb, resource }) => {
      if (verb !== 'delete' || resource !== 'pods') return undefined
      scene.cluster.vanish(pods, { namespace: 'default', name: 'db-0' })
      scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'db-0' }, spec: { containers: [{ name: 'c', image: 'mine' }] }, status: { phase: 'Running' } })
      return undefined
    })
    await change(spec => { spec.replicas = 0 })
    expect(shown()).toEqual(['db-0 mine Running'])
  })
})
