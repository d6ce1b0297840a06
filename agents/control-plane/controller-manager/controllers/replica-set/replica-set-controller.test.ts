import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { ReplicaSetSpec } from '../../../../api/groups/apps-v1/types.ts'
import { events, pods, replicaSets, replicationControllers } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { newStatus, StatusError } from '../../../../machinery/status-error.ts'
import { replicaSetController, replicationControllerController } from './replica-set-controller.ts'

const at = { namespace: 'default', name: 'web' }
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'web' }] } }
let scene: ControllerScene

beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(replicaSetController, replicationControllerController)
})
afterEach(() => scene[Symbol.asyncDispose]())

const create = (spec: Partial<ReplicaSetSpec> = {}) => scene.cluster.create(replicaSets, { metadata: at, spec: { replicas: 2, selector: { matchLabels: { app: 'web' } }, template, ...spec } })
const names = () => scene.cluster.all(pods).map(pod => pod.metadata.name)
const status = () => scene.cluster.peek(replicaSets, at)!.status
const orphan = (name: string, labels = { app: 'web' }) => scene.cluster.put(pods, { metadata: { namespace: 'default', name, labels }, spec: { containers: [] } })

describe('replica set controller', () => {
  it('makes what is missing and replaces what goes', async () => {
    await create({ replicas: 3 })
    await scene.settle()
    expect(names()).toHaveLength(3)
    expect(status()).toMatchObject({ replicas: 3, fullyLabeledReplicas: 3, observedGeneration: 1 })
    scene.cluster.vanish(pods, { namespace: 'default', name: names()[0]! })
    await scene.settle()
    expect(names()).toHaveLength(3)
  })

  it('RS1: adopts a matching orphan, releases a Pod that no longer matches, and leaves the Pods of others alone', async () => {
    orphan('orphan')
    scene.cluster.put(pods, { metadata: { namespace: 'default', name: 'foreign', labels: { app: 'web' }, ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'other', uid: 'other', controller: true }] }, spec: { containers: [] } })
    const set = await create({ replicas: 1 })
    await scene.settle()
    expect(names()).toEqual(['orphan', 'foreign'])
    expect(scene.cluster.peek(pods, { namespace: 'default', name: 'orphan' })!.metadata.ownerReferences?.[0]?.uid).toBe(set.metadata.uid)

    await scene.cluster.patch(pods, { namespace: 'default', name: 'orphan' }, { metadata: { labels: { app: 'quarantine' } } }, { patchType: 'merge' })
    await scene.settle()
    expect(scene.cluster.peek(pods, { namespace: 'default', name: 'orphan' })!.metadata.ownerReferences).toEqual([])
    expect(names()).toHaveLength(3)
  })

  it('RS1: a set made again under the same name does not take the Pods of its predecessor for its own', async () => {
    await create()
    await scene.settle()
    const before = names()
    scene.cluster.vanish(replicaSets, at)
    await create()
    await scene.settle()
    expect(names()).toHaveLength(4)
    expect(names()).toEqual(expect.arrayContaining(before))
  })

  it('RS2: does not make Pods twice while its own writes are not back', async () => {
    const set = await create({ replicas: 0 })
    await scene.settle()
    // The watch stands still: the Pods made now are not seen.
    scene.cluster.breakWatches(new Error('cut'))
    using _cut = scene.cluster.onRequest(({ verb, resource }) => (verb === 'watch' && resource === 'pods' ? new Error('still cut') : undefined))
    await scene.settle(3_000)
    const current = scene.cluster.peek(replicaSets, at)!
    await scene.cluster.update(replicaSets, { ...current, spec: { ...set.spec, replicas: 2 } })
    await scene.settle(3_000)
    await scene.cluster.update(replicaSets, { ...scene.cluster.peek(replicaSets, at)!, metadata: { ...scene.cluster.peek(replicaSets, at)!.metadata, labels: { touched: 'yes' } } })
    await scene.settle(3_000)
    expect(names()).toHaveLength(2)
  })

  it('RS3, RS5: a refusal is met once, shown as ReplicaFailure, and healed later', async () => {
    const hook = scene.cluster.onRequest(({ verb, resource }) => (verb === 'create' && resource === 'pods' ? new StatusError(newStatus(403, 'Forbidden', 'exceeded quota')) : undefined))
    await create({ replicas: 100 })
    await scene.settle()
    expect(scene.cluster.requests.filter(({ verb, resource }) => verb === 'create' && resource === 'pods').length).toBeLessThan(4)
    expect(status().conditions).toMatchObject([{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota' }])
    expect(scene.cluster.all(events).map(event => event.message)).toContain('Error creating: exceeded quota')
    hook[Symbol.dispose]()
    await scene.settle(2_000)
    expect(names()).toHaveLength(100)
    expect(status().conditions ?? []).toEqual([])
  })

  it('RS4: gives up unassigned before ready Pods', async () => {
    await create({ replicas: 3 })
    await scene.settle()
    const [first, second, third] = scene.cluster.all(pods)
    for (const pod of [first!, third!]) scene.cluster.put(pods, { ...pod, spec: { ...pod.spec, nodeName: 'node-1' }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } })
    const current = scene.cluster.peek(replicaSets, at)!
    await scene.cluster.update(replicaSets, { ...current, spec: { ...current.spec, replicas: 2 } })
    await scene.settle()
    expect(names()).toEqual([first!.metadata.name, third!.metadata.name])
    expect(names()).not.toContain(second!.metadata.name)
  })

  it('RS6: a set that is being deleted makes nothing', async () => {
    await create({ replicas: 2 })
    await scene.settle()
    await scene.cluster.delete(replicaSets, at, { propagationPolicy: 'Foreground' })
    scene.cluster.vanish(pods, { namespace: 'default', name: names()[0]! })
    await scene.settle()
    expect(names()).toHaveLength(1)
  })

  it('RS7: counts a Pod as available after minReadySeconds, without being woken', async () => {
    await create({ replicas: 1, minReadySeconds: 10 })
    await scene.settle()
    const [pod] = scene.cluster.all(pods)
    scene.cluster.put(pods, { ...pod!, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: timeText(scene.clock.now()) }] } })
    await scene.settle(5_000)
    expect(status()).toMatchObject({ readyReplicas: 1, availableReplicas: 0 })
    await scene.settle(6_000)
    expect(status()).toMatchObject({ readyReplicas: 1, availableReplicas: 1 })
  })

  it('keeps a ReplicationController the same way', async () => {
    await scene.cluster.create(replicationControllers, { metadata: at, spec: { replicas: 2, selector: { app: 'web' }, template } })
    await scene.settle()
    expect(names()).toHaveLength(2)
    expect(scene.cluster.all(pods)[0]!.metadata.ownerReferences?.[0]).toMatchObject({ apiVersion: 'v1', kind: 'ReplicationController' })
    expect(scene.cluster.peek(replicationControllers, at)!.status).toMatchObject({ replicas: 2 })
  })
})
