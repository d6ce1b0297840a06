import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import { createControllerScene } from '../../../../../test/fakes/controller-scene.ts'
import type { ConfigMap } from '../../../../api/groups/core-v1/types.ts'
import type { OwnerReference } from '../../../../api/groups/meta-v1/types.ts'
import { clusterRoles, configMaps, customResourceDefinitions, secrets } from '../../../../api/resources.ts'
import type { KubernetesObject, ResourceType } from '../../../../api/resources.ts'
import { createGarbageCollector } from './garbage-collector.ts'
import { judge } from './judgement.ts'

let scene: ControllerScene
beforeEach(async () => {
  scene = createControllerScene()
  await scene.start(createGarbageCollector(4))
})
afterEach(() => scene[Symbol.asyncDispose]())

const at = (name: string) => ({ namespace: 'default', name })
const refer = (owner: KubernetesObject, more: Partial<OwnerReference> = {}): OwnerReference => ({ apiVersion: owner.apiVersion, kind: owner.kind, name: owner.metadata.name, uid: owner.metadata.uid, blockOwnerDeletion: true, ...more })
const make = (name: string, ...owners: readonly OwnerReference[]): ConfigMap => scene.cluster.put(configMaps, { metadata: { ...at(name), ...(owners.length === 0 ? {} : { ownerReferences: [...owners] }) } })
const names = () => scene.cluster.all(configMaps).map(({ metadata }) => metadata.name).toSorted()

describe('garbage collector', () => {
  it('deletes a whole tree in the background when its root goes', async () => {
    const root = make('root')
    const branch = make('branch', refer(root))
    make('leaf-1', refer(branch))
    make('leaf-2', refer(branch))
    make('other')
    await scene.settle()
    await scene.cluster.delete(configMaps, at('root'), { propagationPolicy: 'Background' })
    await scene.settle()
    expect(names()).toEqual(['other'])
  })

  it('GJ1: an object with another living owner stays, and forgets the dead one', async () => {
    const [one, two] = [make('one'), make('two')]
    make('child', refer(one), refer(two))
    await scene.settle()
    await scene.cluster.delete(configMaps, at('one'))
    await scene.settle()
    expect(names()).toEqual(['child', 'two'])
    expect(scene.cluster.peek(configMaps, at('child'))!.metadata.ownerReferences?.map(({ name }) => name)).toEqual(['two'])
  })

  it('GC1: an object whose owner never existed, or is another of that name, goes', async () => {
    make('owner')
    make('stranger', { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: 'another-uid' })
    make('lost', { apiVersion: 'v1', kind: 'Secret', name: 'never', uid: 'never' })
    await scene.settle()
    expect(names()).toEqual(['owner'])
  })

  it('GC1: an owner that is only missing from the cache keeps its dependents', async () => {
    const owner = make('owner')
    using _cut = scene.cluster.onRequest(({ verb, resource }) => (verb === 'watch' && resource === 'secrets' ? new Error('cut') : undefined))
    scene.cluster.breakWatches(new Error('cut'))
    const secret = scene.cluster.put(secrets, { metadata: at('fresh'), type: 'Opaque' })
    make('child', refer(secret), { ...refer(owner), blockOwnerDeletion: false })
    await scene.settle(2_000)
    expect(names()).toEqual(['child', 'owner'])
  })

  it('GC5: orphaning leaves the dependents behind, without the reference', async () => {
    const root = make('root')
    make('child', refer(root))
    await scene.settle()
    await scene.cluster.delete(configMaps, at('root'), { propagationPolicy: 'Orphan' })
    await scene.settle()
    expect(names()).toEqual(['child'])
    expect(scene.cluster.peek(configMaps, at('child'))!.metadata.ownerReferences).toBeUndefined()
  })

  it('GC6: in the foreground the root goes last', async () => {
    const root = make('root')
    const branch = make('branch', refer(root))
    make('leaf', refer(branch))
    scene.cluster.put(configMaps, { metadata: { ...at('slow'), ownerReferences: [refer(root)], finalizers: ['example.com/hold'] } })
    await scene.settle()
    const gone: string[] = []
    void (async () => {
      for await (const { type, object } of scene.cluster.watch(configMaps, { resourceVersion: String(scene.cluster.revision) }, scene.signal)) if (type === 'DELETED') gone.push(object.metadata.name)
    })().catch(() => {})
    await scene.cluster.delete(configMaps, at('root'), { propagationPolicy: 'Foreground' })
    await scene.settle()
    expect(names()).toEqual(['root', 'slow'])
    expect(gone).toEqual(['leaf', 'branch'])
    scene.cluster.vanish(configMaps, at('slow'))
    await scene.settle()
    expect(names()).toEqual([])
  })

  it('GC6: a dependent that does not block does not hold its owner, and goes after it', async () => {
    const root = make('root')
    make('child', refer(root, { blockOwnerDeletion: false }))
    await scene.settle()
    await scene.cluster.delete(configMaps, at('root'), { propagationPolicy: 'Foreground' })
    await scene.settle()
    expect(names()).toEqual([])
  })

  it('GC6: a circle of owners can be deleted', async () => {
    const one = make('one')
    const two = make('two', refer(one))
    scene.cluster.put(configMaps, { metadata: { ...at('one'), ownerReferences: [refer(two)] } })
    await scene.settle()
    await scene.cluster.delete(configMaps, at('one'), { propagationPolicy: 'Foreground' })
    await scene.settle(1_000)
    expect(names()).toEqual([])
  })

  it('GC2: a successor that takes the name at the last moment is not hit', async () => {
    const root = make('root')
    make('child', refer(root))
    await scene.settle()
    let isReplaced = false
    using _hook = scene.cluster.onRequest(({ verb, key }) => {
      if (verb !== 'delete' || key !== 'default/child' || isReplaced) return undefined
      isReplaced = true
      scene.cluster.vanish(configMaps, at('child'))
      make('child')
      return undefined
    })
    scene.cluster.vanish(configMaps, at('root'))
    await scene.settle(1_000)
    expect([isReplaced, names()]).toEqual([true, ['child']])
  })

  it('GC3: a namespaced object owns nothing of the cluster', async () => {
    scene.cluster.put(clusterRoles, { metadata: { name: 'owned', ownerReferences: [refer(make('owner'))] }, rules: [] })
    await scene.settle()
    expect([scene.cluster.all(clusterRoles), names()]).toEqual([[], ['owner']])
  })

  it('GC4: custom resources are followed as soon as their definition is there', async () => {
    const widgets: ResourceType = { group: 'example.com', version: 'v1', resource: 'widgets', kind: 'Widget', namespaced: true }
    scene.cluster.extraTypes.push(widgets)
    scene.cluster.put(customResourceDefinitions, { metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', names: { kind: 'Widget', plural: 'widgets' }, scope: 'Namespaced', versions: [] } })
    await scene.settle()
    const widget = scene.cluster.put(widgets, { metadata: at('w') })
    make('child', refer(widget))
    await scene.settle()
    expect(names()).toEqual(['child'])
    scene.cluster.vanish(widgets, at('w'))
    await scene.settle()
    expect(names()).toEqual([])
  })
})

describe('judgement', () => {
  const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }
  it.each([
    ['GJ1', ['solid', 'absent'], [], false, { type: 'unlink', uids: ['x'] }],
    ['GJ2', ['waiting'], [], true, { type: 'delete', policy: 'Foreground' }],
    ['GJ3', ['waiting'], [], false, { type: 'delete', policy: 'Background' }],
    ['GJ3', ['absent'], ['orphan'], true, { type: 'delete', policy: 'Orphan' }],
    ['no owners', [], [], true, { type: 'keep' }],
  ] as const)('%s: owners %j, finalizers %j', (_rule, states, finalizers, hasDependents, judgement) => {
    expect(judge(states.map(state => ({ reference, state })), finalizers, hasDependents)).toEqual(judgement)
  })
})
