import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { DaemonSetSpec } from '../../../../api/groups/apps-v1/types.ts'
import type { Taint } from '../../../../api/groups/core-v1/types.ts'
import { controllerRevisions, daemonSets, events, nodes, pods } from '../../../../api/resources.ts'
import { timeText } from '../../../../base/clock.ts'
import { createDaemonSetController } from './daemon-set-controller.ts'
import { targetNode } from './plan-daemons.ts'

const at = { namespace: 'default', name: 'agent' }
let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(createDaemonSetController())
})
afterEach(() => scene[Symbol.asyncDispose]())

const addNode = (name: string, labels: Record<string, string> = {}, taints: Taint[] = []) => scene.cluster.put(nodes, { metadata: { name, labels }, spec: { taints } })
const create = (spec: Partial<DaemonSetSpec> = {}) => scene.cluster.create(daemonSets, { metadata: at, spec: { selector: { matchLabels: { app: 'agent' } }, template: { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'a', image: 'agent:1' }] } }, ...spec } })
const placed = () => scene.cluster.all(pods).filter(pod => pod.metadata.deletionTimestamp === undefined).map(pod => `${targetNode(pod)} ${pod.spec.containers[0]!.image}`).toSorted()
const status = () => scene.cluster.peek(daemonSets, at)!.status

/** A scheduler and kubelets: Pods land on their node and get ready; those being deleted end. */
async function run() {
  for (const pod of scene.cluster.all(pods)) {
    if (pod.metadata.deletionTimestamp !== undefined) scene.cluster.vanish(pods, { namespace: 'default', name: pod.metadata.name })
    else if (pod.status.phase === 'Pending') scene.cluster.put(pods, { ...pod, spec: { ...pod.spec, nodeName: targetNode(pod)! }, status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: timeText(scene.clock.now()) }] } })
  }
  await scene.settle(100)
}

async function settled() {
  await scene.settle()
  await run()
}

async function setImage(image: string) {
  const set = scene.cluster.peek(daemonSets, at)!
  set.spec.template.spec!.containers[0]!.image = image
  await scene.cluster.update(daemonSets, set)
  await scene.settle()
}

describe('daemon set controller', () => {
  it('DM1: runs one Pod on each node that it fits, follows nodes and labels', async () => {
    addNode('n1', { disk: 'ssd' })
    addNode('n2')
    addNode('n3', { disk: 'ssd' }, [{ key: 'mine', effect: 'NoSchedule' }])
    addNode('n4', { disk: 'ssd' }, [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }])
    await create({ template: { metadata: { labels: { app: 'agent' } }, spec: { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'a', image: 'agent:1' }] } } })
    await scene.settle()
    expect(placed()).toEqual(['n1 agent:1', 'n4 agent:1'])
    addNode('n2', { disk: 'ssd' })
    addNode('n1')
    await scene.settle()
    expect(placed()).toEqual(['n2 agent:1', 'n4 agent:1'])
  })

  it('DA4: counts what is there, after it has acted, and once', async () => {
    for (const name of ['n1', 'n2']) addNode(name)
    await create()
    await scene.settle()
    await run()
    expect(status()).toMatchObject({ desiredNumberScheduled: 2, currentNumberScheduled: 2, numberReady: 2, numberAvailable: 2, numberUnavailable: 0, updatedNumberScheduled: 2, numberMisscheduled: 0, observedGeneration: 1 })
    const { writes } = scene.cluster
    expect(writes.indexOf('update daemonsets.apps/status default/agent')).toBeGreaterThan(writes.findLastIndex(write => write.startsWith('create pods')))
    const { revision } = scene.cluster
    await scene.settle(60_000)
    expect(scene.cluster.revision).toBe(revision)
  })

  it('DM4: rolls one node at a time', async () => {
    for (const name of ['n1', 'n2', 'n3']) addNode(name)
    await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } })
    await settled()
    await setImage('agent:2')
    const steps: number[] = []
    for (let step = 0; step < 8; step++) {
      steps.push(scene.cluster.all(pods).filter(pod => pod.metadata.deletionTimestamp === undefined && pod.status.phase === 'Running').length)
      await run()
    }
    expect(Math.min(...steps)).toBe(2)
    expect(placed()).toEqual(['n1 agent:2', 'n2 agent:2', 'n3 agent:2'])
    expect(scene.cluster.all(controllerRevisions).map(({ revision }) => revision)).toEqual([1, 2])
    await setImage('agent:1') // RV2
    expect(scene.cluster.all(controllerRevisions).map(({ revision }) => revision)).toEqual([3, 2])
  })

  it('DM5: with surge the new Pod is there before the old one goes', async () => {
    for (const name of ['n1', 'n2']) addNode(name)
    await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } })
    await settled()
    await setImage('agent:2')
    expect(placed()).toHaveLength(3)
    for (let step = 0; step < 8; step++) {
      await run()
      const serving = new Set(scene.cluster.all(pods).filter(pod => pod.metadata.deletionTimestamp === undefined && pod.status.phase === 'Running').map(targetNode))
      expect(serving.size).toBe(2)
    }
    expect(placed()).toEqual(['n1 agent:2', 'n2 agent:2'])
  })

  it('OnDelete: replaces only what is deleted', async () => {
    addNode('n1')
    await create({ updateStrategy: { type: 'OnDelete' } })
    await settled()
    await setImage('agent:2')
    await run()
    expect(placed()).toEqual(['n1 agent:1'])
    scene.cluster.vanish(pods, { namespace: 'default', name: scene.cluster.all(pods)[0]!.metadata.name })
    await scene.settle()
    expect(placed()).toEqual(['n1 agent:2'])
  })

  it('DA3: replaces a failed Pod, but not over and over at once', async () => {
    addNode('n1')
    await create()
    await run()
    let replaced = 0
    for (let step = 0; step < 20; step++) {
      const [pod] = scene.cluster.all(pods)
      if (pod !== undefined && pod.status.phase !== 'Failed') {
        replaced++
        scene.cluster.put(pods, { ...pod, status: { phase: 'Failed' } })
      }
      await scene.settle(500)
      for (const one of scene.cluster.all(pods)) if (one.metadata.deletionTimestamp !== undefined) scene.cluster.vanish(pods, { namespace: 'default', name: one.metadata.name })
    }
    expect(replaced).toBeGreaterThan(2)
    expect(replaced).toBeLessThan(7)
  })

  it('DM3: replaces a Pod that ended', async () => {
    addNode('n1')
    await create()
    await run()
    const [pod] = scene.cluster.all(pods)
    scene.cluster.put(pods, { ...pod!, status: { phase: 'Succeeded' } })
    await scene.settle(100)
    await run()
    expect(scene.cluster.all(pods).map(({ metadata, status: { phase } }) => [metadata.uid === pod!.metadata.uid, phase])).toEqual([[false, 'Running']])
    expect(scene.cluster.all(events).map(({ reason, message }) => `${reason}: ${message}`)).toContain(`SucceededDaemonPod: Found succeeded daemon pod default/${pod!.metadata.name} on node n1, will try to delete it`)
  })

  it('DA1: a rolling update takes no further step while its own delete is not back', async () => {
    for (const name of ['n1', 'n2']) addNode(name)
    await create()
    await settled()
    using _cut = scene.cluster.onRequest(({ verb, resource }) => (verb === 'watch' && resource === 'pods' ? new Error('cut') : undefined))
    scene.cluster.breakWatches(new Error('cut'))
    await setImage('agent:2')
    addNode('n1', { woken: 'again' })
    await scene.settle(1_000)
    expect(scene.cluster.writes.filter(write => write.startsWith('delete pods'))).toHaveLength(1)
  })

  it('DA2, DM2: a Pod is bound to its node by affinity, and stays there under pressure', async () => {
    addNode('n1')
    await create({ template: { metadata: { labels: { app: 'agent' } }, spec: { hostNetwork: true, containers: [{ name: 'a', image: 'agent:1' }] } } })
    await scene.settle()
    const { nodeName, affinity, tolerations } = scene.cluster.all(pods)[0]!.spec
    expect(nodeName).toBeUndefined()
    expect(affinity!.nodeAffinity!.requiredDuringSchedulingIgnoredDuringExecution!.nodeSelectorTerms).toEqual([{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n1'] }] }])
    expect(tolerations!.map(({ key, effect }) => `${key!.replace('node.kubernetes.io/', '')} ${effect}`)).toEqual(['not-ready NoExecute', 'unreachable NoExecute', 'disk-pressure NoSchedule', 'memory-pressure NoSchedule', 'pid-pressure NoSchedule', 'unschedulable NoSchedule', 'network-unavailable NoSchedule'])
  })
})
