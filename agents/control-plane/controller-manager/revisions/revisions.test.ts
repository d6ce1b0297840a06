import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../test/fakes/controller-scene.ts'
import type { ControllerRevision } from '../../../api/groups/apps-v1/types.ts'
import { controllerRevisions, daemonSets, statefulSets } from '../../../api/resources.ts'
import type { ReconcileDeps } from '../../../machinery/controller.ts'
import { ensureRevision, hashOf, revisionHashLabel, stableHashLabel, templateOf, trimRevisions } from './revisions.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  scene.cache.of(controllerRevisions)
  await scene.start()
})
afterEach(() => scene[Symbol.asyncDispose]())

const at = { namespace: 'default', name: 'agent' }
const templateWith = (image: string) => ({ metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'a', image }] } })

async function ensure(image: string, owner = scene.cluster.put(daemonSets, { metadata: at, spec: { selector: {}, template: {} } })) {
  const state = await ensureRevision({ type: daemonSets, owner, template: templateWith(image), collisionCount: 0, hashLabel: revisionHashLabel }, scene.deps as unknown as ReconcileDeps, scene.signal)
  await scene.settle()
  return state
}

const kept = () => scene.cluster.all(controllerRevisions).map(revision => `${templateOf(revision).spec!.containers[0]!.image} ${revision.revision}`)

describe('revisions of a template', () => {
  it('RV1: hold the template as a patch of their owner; the same template is the same revision', async () => {
    const [first, again] = [await ensure('agent:1'), await ensure('agent:1')]
    expect(first.update.data).toMatchObject({ spec: { template: { $patch: 'replace', spec: { containers: [{ image: 'agent:1' }] } } } })
    expect(templateOf(first.update)).toEqual(templateWith('agent:1'))
    expect([again.update.metadata.uid, kept()]).toEqual([first.update.metadata.uid, ['agent:1 1']])
    expect(scene.cluster.writes).toEqual([`create controllerrevisions.apps default/${first.update.metadata.name}`])
  })

  it('RV2: a template that comes back gets its old revision, with the highest number', async () => {
    for (const image of ['agent:1', 'agent:2', 'agent:1']) await ensure(image)
    expect(kept()).toEqual(['agent:1 3', 'agent:2 2'])
  })

  it('RV3: a name that another has taken counts as a collision, and the next hash is tried', async () => {
    const { update } = await ensure('agent:1')
    expect(update.metadata.name).toBe(`agent-${hashOf(update)}`)
    const { ownerReferences: _, ...metadata } = update.metadata
    scene.cluster.vanish(controllerRevisions, { namespace: 'default', name: update.metadata.name })
    scene.cluster.put(controllerRevisions, { ...update, metadata })
    await scene.settle()
    const state = await ensure('agent:1')
    expect([state.collisionCount, state.update.metadata.name === update.metadata.name]).toEqual([1, false])
  })

  it('RV3: the hash is the one that upstream computes for the revisions of StatefulSets', async () => {
    const template = {
      metadata: { labels: { app: 's', life: 'slow' } },
      spec: {
        containers: [{ name: 'c', image: 'a:1', imagePullPolicy: 'IfNotPresent', resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File' }],
        dnsPolicy: 'ClusterFirst', restartPolicy: 'Always', schedulerName: 'default-scheduler', securityContext: {}, terminationGracePeriodSeconds: 20,
      },
    }
    const owner = scene.cluster.put(statefulSets, { metadata: { namespace: 'default', name: 's', annotations: { why: 'first' } }, spec: { selector: {}, template: {} } } as never)
    const { update } = await ensureRevision({ type: statefulSets, owner, template, collisionCount: 0, hashLabel: stableHashLabel }, scene.deps as unknown as ReconcileDeps, scene.signal)
    expect(update.metadata).toMatchObject({ name: 's-864f848d9f', labels: { [stableHashLabel]: '864f848d9f' }, annotations: { why: 'first' } }) // kube-controller-manager 1.36.0 named it so
    expect(hashOf(update)).toBe('864f848d9f')
  })

  it('RV4: those that no Pod uses go beyond the limit, the lowest number first', async () => {
    const made: ControllerRevision[] = []
    for (const image of ['agent:1', 'agent:2', 'agent:3', 'agent:4']) made.push((await ensure(image)).update)
    const state = await ensure('agent:4')
    await trimRevisions(state, new Set([hashOf(made[0]!)]), 1, scene.deps as unknown as ReconcileDeps, scene.signal)
    expect(kept()).toEqual(['agent:1 1', 'agent:3 3', 'agent:4 4'])
  })
})
