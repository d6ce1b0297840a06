import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { Deployment, DeploymentSpec, ReplicaSet } from '../../../../api/groups/apps-v1/types.ts'
import type { Pod } from '../../../../api/groups/core-v1/types.ts'
import { deployments, events, pods, replicaSets } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { replicaSetController } from '../replica-set/replica-set-controller.ts'
import { deploymentController } from './deployment-controller.ts'

const at = { namespace: 'default', name: 'web' }
let scene: ControllerScene

beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(deploymentController, replicaSetController)
})
afterEach(() => scene[Symbol.asyncDispose]())

function deploy(spec: Partial<DeploymentSpec> = {}, image = 'web:1') {
  return scene.cluster.create(deployments, {
    metadata: at,
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image }] } }, progressDeadlineSeconds: 600, revisionHistoryLimit: 10, ...spec },
  })
}

async function change(edit: (deployment: Deployment) => void) {
  const deployment = scene.cluster.peek(deployments, at)!
  edit(deployment)
  await scene.cluster.update(deployments, deployment)
}

const setImage = (image: string) => change(deployment => { deployment.spec.template.spec!.containers[0]!.image = image })

/** Makes every Pod ready, and ends those being deleted. Returns after each step what exists. */
async function runPods(isHealthy: (pod: Pod) => boolean = () => true) {
  for (const pod of scene.cluster.all(pods)) {
    if (pod.metadata.deletionTimestamp !== undefined) scene.cluster.vanish(pods, { namespace: 'default', name: pod.metadata.name })
    else if (pod.status.phase === 'Pending') {
      scene.cluster.put(pods, { ...pod, spec: { ...pod.spec, nodeName: 'node-1' }, status: { phase: 'Running', conditions: isHealthy(pod) ? [{ type: 'Ready', status: 'True', lastTransitionTime: timeText(scene.clock.now()) }] : [] } })
    }
  }
  await scene.settle(100)
}

async function rolloutToEnd(limit = 20) {
  const sizes: { total: number; ready: number }[] = []
  for (let step = 0; step < limit; step++) {
    const all = scene.cluster.all(pods).filter(pod => pod.metadata.deletionTimestamp === undefined)
    sizes.push({ total: all.length, ready: all.filter(pod => pod.status.conditions?.some(condition => condition.type === 'Ready')).length })
    await runPods()
  }
  return sizes
}

const status = () => scene.cluster.peek(deployments, at)!.status
const progressing = () => status().conditions?.find(condition => condition.type === 'Progressing')
const sets = () => scene.cluster.all(replicaSets).map(set => `${set.spec.template!.spec!.containers[0]!.image} r${set.metadata.annotations?.['deployment.kubernetes.io/revision']} ${set.spec.replicas}`)
const images = () => scene.cluster.all(pods).map(pod => pod.spec.containers[0]!.image).toSorted()

describe('deployment controller', () => {
  it('makes a set and Pods, and reports the rollout to its end', async () => {
    await deploy()
    await scene.settle()
    expect(sets()).toEqual(['web:1 r1 3'])
    const pod = scene.cluster.all(pods)[0]!
    expect(pod.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'ReplicaSet', controller: true, blockOwnerDeletion: true })
    expect(pod.metadata.labels?.['pod-template-hash']).toBeDefined()
    expect(progressing()?.reason).toBe('ReplicaSetUpdated')
    await rolloutToEnd()
    expect(status()).toMatchObject({ replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, unavailableReplicas: 0, observedGeneration: 1 })
    expect(progressing()).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' })
    expect(scene.cluster.all(events).map(event => event.message)).toContain(`Scaled up replica set ${scene.cluster.all(replicaSets)[0]!.metadata.name} from 0 to 3`)
  })

  it('RO1: a rolling update never has too many Pods nor too few ready ones', async () => {
    await deploy({ replicas: 8, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 2, maxUnavailable: 1 } } })
    await rolloutToEnd()
    await setImage('web:2')
    const sizes = (await rolloutToEnd(30))
    expect(Math.max(...sizes.map(({ total }) => total))).toBeLessThanOrEqual(10)
    expect(Math.min(...sizes.map(({ ready }) => ready))).toBeGreaterThanOrEqual(7)
    expect(images()).toEqual(Array.from({ length: 8 }, () => 'web:2'))
    expect(sets()).toEqual(['web:1 r1 0', 'web:2 r2 8'].toSorted())
    expect(progressing()?.reason).toBe('NewReplicaSetAvailable')
  })

  it('RO1: an update whose Pods never get ready stops at the floor, and RO3: going back removes them first', async () => {
    await deploy({ replicas: 4 })
    await rolloutToEnd()
    await setImage('broken')
    for (let step = 0; step < 10; step++) await runPods(pod => pod.spec.containers[0]!.image !== 'broken')
    const ready = () => scene.cluster.all(pods).filter(pod => pod.status.conditions?.length === 1).length
    expect(ready()).toBe(3)
    expect(sets().toSorted()).toEqual(['broken r2 2', 'web:1 r1 3'])
    await setImage('web:1')
    await rolloutToEnd()
    expect(images()).toEqual(['web:1', 'web:1', 'web:1', 'web:1'])
    expect(sets().toSorted()).toEqual(['broken r2 0', 'web:1 r3 4']) // DP2
    expect(scene.cluster.peek(deployments, at)!.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3')
  })

  it('RO4: Recreate ends every old Pod before a new one is made', async () => {
    await deploy({ strategy: { type: 'Recreate' } })
    await rolloutToEnd()
    await setImage('web:2')
    await scene.settle()
    expect(images()).toEqual(['web:1', 'web:1', 'web:1']) // being deleted, still there
    expect(scene.cluster.all(pods).every(pod => pod.metadata.deletionTimestamp !== undefined)).toBe(true)
    await rolloutToEnd(4)
    expect(images()).toEqual(['web:2', 'web:2', 'web:2'])
    expect(progressing()?.reason).toBe('NewReplicaSetAvailable')
  })

  it('DC2: a paused Deployment rolls nothing but follows spec.replicas', async () => {
    await deploy()
    await rolloutToEnd()
    await change(deployment => {
      deployment.spec.paused = true
      deployment.spec.replicas = 5
      deployment.spec.template.spec!.containers[0]!.image = 'web:2'
    })
    await rolloutToEnd(5)
    expect(sets()).toEqual(['web:1 r1 5'])
    expect(progressing()).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' })
    await change(deployment => { deployment.spec.paused = false })
    await rolloutToEnd()
    expect(images()).toEqual(Array.from({ length: 5 }, () => 'web:2'))
  })

  it('DC3, RO5: scaling in the middle of a rollout is shared among the sets', async () => {
    await deploy({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } })
    await rolloutToEnd()
    await setImage('broken')
    for (let step = 0; step < 10; step++) await runPods(pod => pod.spec.containers[0]!.image !== 'broken')
    expect(sets().toSorted()).toEqual(['broken r2 5', 'web:1 r1 8'])
    await change(deployment => { deployment.spec.replicas = 20 })
    await scene.settle()
    expect(sets().toSorted()).toEqual(['broken r2 9', 'web:1 r1 14'])
  })

  it('DC5: deletes old sets beyond the history limit', async () => {
    await deploy({ revisionHistoryLimit: 1 })
    await rolloutToEnd()
    for (const image of ['web:2', 'web:3', 'web:4']) {
      await setImage(image)
      await rolloutToEnd()
    }
    await scene.settle()
    expect(sets().toSorted()).toEqual(['web:3 r3 0', 'web:4 r4 3'])
  })

  it('DS5: a rollout whose start was not written down still meets its deadline', async () => {
    await deploy({ progressDeadlineSeconds: 60 })
    await rolloutToEnd()
    const complete = scene.cluster.peek(deployments, at)!.status
    await setImage('broken')
    await runPods(() => false)
    const begun = scene.cluster.peek(deployments, at)!
    scene.cluster.put(deployments, { ...begun, status: { ...begun.status, conditions: complete.conditions! } }) // as when the write of "created" met a conflict
    await scene.settle(70_000)
    expect(progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
  })

  it('DS2: a rollout that stands still for progressDeadlineSeconds says so', async () => {
    await deploy({ progressDeadlineSeconds: 60 })
    await scene.settle()
    await runPods(() => false)
    await scene.settle(58_000)
    expect(progressing()?.status).toBe('True')
    await scene.settle(10_000)
    expect(progressing()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' })
  })

  it('DC4: a foreign set under the wanted name raises the collision count', async () => {
    const deployment = await deploy({ replicas: 1 })
    await scene.settle()
    const [set] = scene.cluster.all(replicaSets)
    const { ownerReferences: _, ...foreign } = set!.metadata
    scene.cluster.vanish(deployments, at)
    scene.cluster.vanish(replicaSets, { namespace: 'default', name: set!.metadata.name })
    scene.cluster.put(replicaSets, { ...set!, metadata: { ...foreign, labels: { other: 'x' } } })
    await scene.settle()
    await scene.cluster.create(deployments, { metadata: at, spec: deployment.spec })
    await scene.settle(1_000)
    expect(status().collisionCount).toBe(1)
    expect(scene.cluster.all(replicaSets)).toHaveLength(2)
  })

  it('settles: nothing is written when nothing changes', async () => {
    await deploy()
    await rolloutToEnd()
    const before = scene.cluster.revision
    await scene.settle(60_000)
    expect(scene.cluster.revision).toBe(before)
  })

  it('DC1: a rollout goes step by step, one set at a time', async () => {
    await deploy()
    await rolloutToEnd()
    const steps: string[] = []
    using _steps = scene.cluster.onRequest(({ verb, resource, subresource, body }) => {
      const { spec } = body as ReplicaSet
      if (resource !== 'replicasets.apps' || subresource !== undefined || verb === 'delete' || !['create', 'update'].includes(verb)) return undefined
      const step = `${spec.template!.spec!.containers[0]!.image} ${spec.replicas}`
      if (steps.at(-1) !== step) steps.push(step)
      return undefined
    })
    await setImage('web:2')
    await rolloutToEnd()
    expect(steps).toEqual(['web:2 1', 'web:1 2', 'web:2 2', 'web:1 1', 'web:2 3', 'web:1 0'])
  })

  it('DC6: a selector without requirements is refused, and told', async () => {
    await deploy({ selector: {} })
    await scene.settle(100)
    expect(sets()).toEqual([])
    expect(scene.cluster.all(events).map(({ reason }) => reason)).toEqual(['SelectingAll'])
  })

  it('DC7: a Deployment that is being deleted rolls nothing, but still counts', async () => {
    await deploy()
    await rolloutToEnd()
    const deployment = scene.cluster.peek(deployments, at)!
    deployment.spec.template.spec!.containers[0]!.image = 'web:2'
    scene.cluster.put(deployments, { ...deployment, metadata: { ...deployment.metadata, finalizers: ['example.com/hold'], deletionTimestamp: timeText(scene.clock.now()) } })
    scene.cluster.vanish(pods, { namespace: 'default', name: scene.cluster.all(pods)[0]!.metadata.name })
    await scene.settle()
    expect(sets()).toEqual(['web:1 r1 3'])
    expect(status()).toMatchObject({ readyReplicas: 2, unavailableReplicas: 1 })
  })
})
